"""Every level, in the order they are compared: later ones follow from earlier ones; imports one when asked for it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from pytest_kvguard.golden.match import LevelResult, Match

__all__ = ["LEVELS", "load_level"]

LEVELS = ("kept", "size", "logits", "tokens", "verdicts")
"""Each is a module of this package."""


def load_level(name: str) -> Callable[[Match], LevelResult]:
    """Return what compares two recordings at one of ``LEVELS``."""
    module = import_module(f"pytest_kvguard.golden.levels.{name}")
    return cast("Callable[[Match], LevelResult]", module.compare_level)
