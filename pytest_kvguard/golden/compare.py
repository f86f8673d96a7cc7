"""The comparison of two recordings, level by level."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pytest_kvguard.golden.levels.table import LEVELS, load_level
from pytest_kvguard.golden.match import LevelOutcome, LevelResult, Match, match_recordings
from pytest_kvguard.golden.recording import Recording
from pytest_kvguard.golden.tolerance import Change

__all__ = ["PROMPT", "Comparison", "Difference", "compare", "compare_levels"]

PROMPT = "prompt"
"""The name of the result that stands before the levels where a prompt differs, so that nothing can be compared."""


@dataclass(frozen=True)
class Difference:
    """The first level that differs.

    Attributes:
        level: one of ``LEVELS``, or ``prompt``.
        where: the first place that differs: conversation, layer, KV head, token.
        detail: the recorded and the present value there.
        changes: the changes of the environment.
    """

    level: str
    where: str
    detail: str
    changes: tuple[Change, ...]

    def __str__(self) -> str:
        return f"{self.level} differs: {self.where}: {self.detail}"


@dataclass(frozen=True)
class Comparison:
    """The results of a comparison.

    Attributes:
        results: one for the prompt if it differs, then one per level.
        changes: the changes of the environment.
    """

    results: tuple[LevelResult, ...]
    changes: tuple[Change, ...]

    @property
    def difference(self) -> Difference | None:
        """The first level that differs."""
        for result in self.results:
            if result.outcome is LevelOutcome.DIFFERS:
                return Difference(result.level, result.where, result.detail, self.changes)
        return None

    @property
    def absent(self) -> tuple[str, ...]:
        """The levels of which there is nothing to compare."""
        return tuple(result.level for result in self.results if result.outcome is LevelOutcome.ABSENT)

    @property
    def moved(self) -> tuple[LevelResult, ...]:
        """The levels that differ within the tolerance."""
        return tuple(result for result in self.results if result.outcome is LevelOutcome.MOVED)


def compare(recorded: Recording, now: Recording, levels: Iterable[str] = LEVELS) -> Difference | None:
    """Return the first level at which a run differs from its golden, or None.

    Args:
        recorded: the golden.
        now: the run to compare; changes of its environment may excuse small differences.
        levels: the levels to compare.
    """
    return compare_levels(recorded, now, levels).difference


def compare_levels(recorded: Recording, now: Recording, levels: Iterable[str] = LEVELS) -> Comparison:
    """Return the results of all requested levels, and the changes of the environment."""
    match = match_recordings(recorded, now)
    requested = set(levels)
    results = [*_prompt(match), *(load_level(name)(match) for name in LEVELS if name in requested)]
    return Comparison(tuple(results), match.changes)


def _prompt(match: Match) -> list[LevelResult]:
    return [LevelResult(PROMPT, LevelOutcome.DIFFERS, change.where, change.detail) for change in match.changed[:1]]
