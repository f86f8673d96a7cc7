"""Every engine by name; imports one when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from pytest_kvguard.backends.launch.engine import Engine

__all__ = ["ENGINES", "load_engine"]

ENGINES = {"llama.cpp": "llama_cpp", "vllm": "vllm"}


def load_engine(name: str) -> Engine:
    """Return one of ``ENGINES``."""
    return cast(Engine, import_module(f"pytest_kvguard.backends.launch.{ENGINES[name]}"))
