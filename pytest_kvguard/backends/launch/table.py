"""The engines by name; an engine is imported when it is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import NamedTuple, cast

from pytest_kvguard.backends.launch.engine import Engine

__all__ = ["ENGINES", "EngineEntry", "load_engine"]


class EngineEntry(NamedTuple):
    """The facts about an engine that need no import of it.

    Attributes:
        module: name of its module in this package.
        compressed_cache: default cache type of the compressed arm.
    """

    module: str
    compressed_cache: str


ENGINES: Mapping[str, EngineEntry] = {
    "llama.cpp": EngineEntry("llama_cpp", compressed_cache="q8_0"),
    "vllm": EngineEntry("vllm", compressed_cache="fp8"),
}


def load_engine(name: str) -> Engine:
    """Return an engine by its name in ``ENGINES``."""
    return cast(Engine, import_module(f"pytest_kvguard.backends.launch.{ENGINES[name].module}"))
