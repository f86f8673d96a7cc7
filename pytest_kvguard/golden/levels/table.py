"""Every level, in the order they are compared: what is looked at later follows from what is looked at earlier."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pytest_kvguard.golden.levels import kept, logits, size, tokens, verdicts
from pytest_kvguard.golden.match import LevelResult, Match

__all__ = ["LEVELS"]

LEVELS: Mapping[str, Callable[[Match], LevelResult]] = {
    level.NAME: level.compare_level for level in (kept, size, logits, tokens, verdicts)
}
