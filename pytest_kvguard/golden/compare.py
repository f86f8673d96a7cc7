"""Compares two recordings, level by level."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pytest_kvguard.golden.environment import Change
from pytest_kvguard.golden.levels.table import LEVELS, load_level
from pytest_kvguard.golden.match import LevelResult, Match, Outcome, match_recordings
from pytest_kvguard.golden.recording import Recording

__all__ = ["PROMPT", "Comparison", "Difference", "compare", "compare_levels"]

PROMPT = "prompt"
"""Not a level of its own: where the prompt is another one, nothing can be compared."""


@dataclass(frozen=True)
class Difference:
    """The first level that differs.

    Attributes:
        level: one of ``LEVELS``, or ``prompt``.
        where: the first place: conversation, layer, KV head, token.
        found: what is there.
        changes: of the environment.
    """

    level: str
    where: str
    found: str
    changes: tuple[Change, ...]

    def __str__(self) -> str:
        return f"{self.level} differs: {self.where}: {self.found}"


@dataclass(frozen=True)
class Comparison:
    """All levels.

    Attributes:
        results: the prompt, where it is another one, then the levels.
        changes: of the environment.
    """

    results: tuple[LevelResult, ...]
    changes: tuple[Change, ...]

    @property
    def difference(self) -> Difference | None:
        """The first level that differs."""
        for result in self.results:
            if result.outcome is Outcome.DIFFERS:
                return Difference(result.level, result.where, result.found, self.changes)
        return None

    @property
    def moved(self) -> tuple[LevelResult, ...]:
        """The levels that are not as recorded but within what is allowed."""
        return tuple(result for result in self.results if result.outcome is Outcome.MOVED)


def compare(recorded: Recording, now: Recording, levels: Iterable[str] = LEVELS) -> Difference | None:
    """Return the first level at which a run is not as recorded, or None.

    Args:
        recorded: the golden.
        now: the run to judge; its environment may excuse small differences.
        levels: those to look at.
    """
    return compare_levels(recorded, now, levels).difference


def compare_levels(recorded: Recording, now: Recording, levels: Iterable[str] = LEVELS) -> Comparison:
    """Return what every level says."""
    match = match_recordings(recorded, now)
    wanted = set(levels)
    results = [*_prompt(match), *(load_level(name)(match) for name in LEVELS if name in wanted)]
    return Comparison(tuple(results), match.changes)


def _prompt(match: Match) -> list[LevelResult]:
    return [LevelResult(PROMPT, Outcome.DIFFERS, change.where, change.found) for change in match.changed[:1]]
