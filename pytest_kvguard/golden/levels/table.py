"""The table of levels in the order of comparison, in which later levels depend on earlier ones; imported on use."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from pytest_kvguard.golden.match import LevelResult, Match

__all__ = ["LEVELS", "load_level"]

LEVELS = ("kept", "size", "reports", "logits", "tokens", "verdicts")
"""The names of the levels, each a module of this package."""


def load_level(name: str) -> Callable[[Match], LevelResult]:
    """Return the function that compares two recordings at one of ``LEVELS``."""
    module = import_module(f"pytest_kvguard.golden.levels.{name}")
    return cast("Callable[[Match], LevelResult]", module.compare_level)
