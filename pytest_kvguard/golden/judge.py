"""Checks of a run against its golden, and updates of the golden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from pytest_kvguard.errors import GoldenError
from pytest_kvguard.golden.compare import PROMPT, Comparison, compare_levels
from pytest_kvguard.golden.key import GoldenKey
from pytest_kvguard.golden.levels.table import LEVELS
from pytest_kvguard.golden.match import LevelOutcome
from pytest_kvguard.golden.recording import Recording
from pytest_kvguard.golden.store import GoldenStore

__all__ = ["Judgement", "Status", "check_golden", "update_golden"]


class Status(str, Enum):
    """The outcome of a check or an update of one golden."""

    SAME = "as recorded"
    MOVED = "moved within what is allowed"
    DIFFERS = "differs"
    MISSING = "missing"
    RECORDED = "newly recorded"
    UPDATED = "updated"
    REFUSED = "not updated"

    def __str__(self) -> str:
        return self.value

    @property
    def fails(self) -> bool:
        """Whether the golden's test fails."""
        return self in (Status.DIFFERS, Status.MISSING, Status.REFUSED)


@dataclass(frozen=True)
class Judgement:
    """The result of a check or an update of one golden.

    Attributes:
        comparison: the comparison with the golden; None if there was no readable golden.
        levels: the levels to compare or update.
    """

    key: GoldenKey
    status: Status
    comparison: Comparison | None = None
    levels: tuple[str, ...] = tuple(LEVELS)

    @property
    def headline(self) -> str:
        """The result in one line."""
        if self.status is Status.MISSING:
            return f"GOLDEN missing: nothing is recorded of {self.key.title}"
        difference = self.comparison.difference if self.comparison else None
        refused = " outside the levels to update" if self.status is Status.REFUSED else ""
        if difference is not None and self.status.fails:
            return f"GOLDEN: {difference.level} differs{refused}: {difference.where}: {difference.detail}"
        return f"GOLDEN {self.status}: {self.key.title}"


def check_golden(store: GoldenStore, key: GoldenKey, now: Recording, levels: Sequence[str]) -> Judgement:
    """Compare a run with its golden.

    Raises:
        GoldenError: the golden cannot be read.
    """
    recorded = store.read(key)
    if recorded is None:
        return Judgement(key, Status.MISSING, levels=tuple(levels))
    comparison = compare_levels(recorded, now, levels)
    return Judgement(key, _status(comparison), comparison, tuple(levels))


def update_golden(store: GoldenStore, key: GoldenKey, now: Recording, levels: Sequence[str]) -> Judgement:
    """Record a run, unless it is as recorded, or differs at a level that may not be updated.

    Raises:
        GoldenError: the golden cannot be written.
    """
    try:
        recorded = store.read(key)
    except GoldenError:
        store.recorded_keys()  # raises if the manifest is unreadable, so that it is not overwritten with one golden
        recorded = None
    if recorded is None:
        store.write(key, now)
        return Judgement(key, Status.RECORDED, levels=tuple(levels))
    comparison = compare_levels(recorded, now)
    if comparison.difference is None and not comparison.changes and not _adds_a_level(comparison, now):
        return Judgement(key, _status(comparison), comparison)
    allowed = {*levels, *([PROMPT] if set(levels) == set(LEVELS) else [])}
    beyond = tuple(r for r in comparison.results if r.outcome is LevelOutcome.DIFFERS and r.level not in allowed)
    if beyond:
        return Judgement(key, Status.REFUSED, Comparison(beyond, comparison.changes), tuple(levels))
    store.write(key, now)
    return Judgement(key, Status.UPDATED, comparison, tuple(levels))


def _adds_a_level(comparison: Comparison, now: Recording) -> bool:
    """Return whether a run has data of a level that its golden, of an earlier version, does not."""
    return comparison.absent != compare_levels(now, now).absent


def _status(comparison: Comparison) -> Status:
    if comparison.difference is not None:
        return Status.DIFFERS
    return Status.MOVED if comparison.moved else Status.SAME
