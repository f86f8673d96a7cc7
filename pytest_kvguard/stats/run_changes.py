"""Tests whether checks hold less often, or more often, in a second run than in a first."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from pytest_kvguard.stats.intervals import Interval, drop_interval
from pytest_kvguard.stats.paired_tests import drop_test, holm, prompts_needed
from pytest_kvguard.stats.pairs import Pairs

__all__ = ["SIGNIFICANCE_LEVEL", "Change", "Direction", "judge_changes", "overall"]

SIGNIFICANCE_LEVEL = 0.05
"""The accepted probability of calling any part of two equal runs worse or better."""

Part = TypeVar("Part", bound=Hashable)


class Direction(str, Enum):
    """What a comparison of two runs shows."""

    WORSE = "worse"
    BETTER = "better"
    NOT_SHOWN = "no difference shown"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Change:
    """The change of one part of two runs, e.g. of a cell.

    Attributes:
        prompts: number of prompts with checks in both runs.
        pairs: the checks of both runs; ``lost`` counts those that hold in the first run alone.
        direction: what is shown.
        p_value: of the direction in which the checks moved, adjusted for all parts and directions; None without checks.
        interval: of the change of the share that holds, -1..1; None for fewer than two prompts, or if nothing changed.
        needed: the fewest prompts with which the test can show anything.
    """

    prompts: int
    pairs: Pairs
    direction: Direction
    p_value: float | None
    interval: Interval | None
    needed: int

    @property
    def size(self) -> float | None:
        """The share that holds in the second run minus that in the first; None without checks."""
        return None if self.pairs.drop is None else -self.pairs.drop

    @property
    def smallest(self) -> float | None:
        """The smallest change that could have been shown, as a share of the checks; None if none could.

        It is that of one check in each of as many prompts as the test needs, all in the same direction and with no
        other part changed; anything else makes it larger.
        """
        return self.needed / self.pairs.checks if self.prompts >= self.needed else None


def judge_changes(parts: Mapping[Part, Sequence[Pairs]]) -> dict[Part, Change]:
    """Return the change of every part.

    Each part is tested in both directions by ``drop_test``, exactly, with prompts as the units. Holm's procedure keeps
    the probability of any false alarm in any part under ``SIGNIFICANCE_LEVEL``. A part in which no prompt changed can
    give none whatever the direction, so it takes no share of the level.

    Args:
        parts: for each part, one table per prompt, with the first run as the uncompressed arm.
    """
    tested = [part for part, prompts in parts.items() if any(pairs.lost != pairs.gained for pairs in prompts)]
    values = [drop_test(each) for part in tested for each in (parts[part], list(map(_reversed, parts[part])))]
    adjusted = iter(holm([1.0 if value is None else value for value in values]))
    p_values = {part: (next(adjusted), next(adjusted)) for part in tested}
    return {part: _change(prompts, p_values.get(part, (1.0, 1.0))) for part, prompts in parts.items()}


def _change(prompts: Sequence[Pairs], p_values: tuple[float, float]) -> Change:
    worse, better = p_values
    direction = Direction.NOT_SHOWN
    if worse <= SIGNIFICANCE_LEVEL:
        direction = Direction.WORSE
    elif better <= SIGNIFICANCE_LEVEL:
        direction = Direction.BETTER
    total = Pairs.total(prompts) if prompts else Pairs()
    drop = drop_interval(prompts, 1 - SIGNIFICANCE_LEVEL) if total.lost or total.gained else None
    return Change(
        prompts=sum(pairs.checks > 0 for pairs in prompts),
        pairs=total,
        direction=direction,
        p_value=min(p_values) if total.checks else None,
        interval=None if drop is None else (-drop[1], -drop[0]),
        # At best no other part changes, so that two directions share the level.
        needed=prompts_needed(SIGNIFICANCE_LEVEL / 2),
    )


def _reversed(pairs: Pairs) -> Pairs:
    return Pairs(pairs.both, pairs.gained, pairs.lost, pairs.neither)


def overall(changes: Mapping[Part, Change]) -> Direction:
    """Return what all parts show together: worse if one of them is, whatever the others gained."""
    shown = {change.direction for change in changes.values()}
    return next((each for each in (Direction.WORSE, Direction.BETTER) if each in shown), Direction.NOT_SHOWN)
