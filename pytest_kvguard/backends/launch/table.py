"""Every engine by name; imports one when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import NamedTuple, cast

from pytest_kvguard.backends.launch.engine import Engine

__all__ = ["ENGINES", "EngineEntry", "load_engine"]


class EngineEntry(NamedTuple):
    """What is known of an engine before it is imported.

    Attributes:
        module: of this package.
        compressed_cache: the cache type of the compressed arm, unless another is asked for.
    """

    module: str
    compressed_cache: str


ENGINES: Mapping[str, EngineEntry] = {
    "llama.cpp": EngineEntry("llama_cpp", compressed_cache="q8_0"),
    "vllm": EngineEntry("vllm", compressed_cache="fp8"),
}


def load_engine(name: str) -> Engine:
    """Return one of ``ENGINES``."""
    return cast(Engine, import_module(f"pytest_kvguard.backends.launch.{ENGINES[name].module}"))
