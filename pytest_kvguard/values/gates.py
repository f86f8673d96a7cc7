"""The decision of a contract's gate on one cell, and the tests behind it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.distances import DistanceSummary
from pytest_kvguard.values.lengths import LengthSummary

__all__ = ["POWER", "DropTest", "GateResult", "GateVerdict"]

POWER = 0.8
"""A drop counts as one that could have been shown if it would have been with this probability."""


class GateVerdict(str, Enum):
    """What is shown of a gate's limits: that they hold, that one is exceeded, or neither."""

    HELD = "held"
    WORSE = "worse"
    UNDECIDED = "undecided"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class DropTest:
    """The test whether one instruction is obeyed less often under compression, over all its prompts.

    Attributes:
        instruction: its id.
        prompts: number of independent prompts with checks.
        checks: number of checks that ran on both arms.
        held_uncompressed, held_compressed: number of those that hold, by arm.
        drop: adherence uncompressed minus compressed, -1..1; None without checks.
        interval: confidence interval of the drop; None with fewer than two prompts.
        p_value: of a drop above the margin, adjusted for all tests of the family; None without checks.
        needed_prompts: the fewest prompts with which the test can reject.
        failed: whether the drop is significant.
        unstable: number of the instruction's results that are UNSTABLE.
        verdict: what is shown of the limit on this drop; None if it has none.
        excluded_drop: a drop of more than this is excluded, -1..1; None without checks.
        smallest_drop: the smallest drop that so many prompts could have shown; None if they are too few for any.
        more_prompts: how many more prompts would exclude a drop beyond the limit, if they are like those seen; None if
            it is excluded, if it has no limit, and if no number would.
    """

    instruction: str
    prompts: int
    checks: int
    held_uncompressed: int
    held_compressed: int
    drop: float | None
    interval: tuple[float, float] | None
    p_value: float | None
    needed_prompts: int
    failed: bool
    unstable: int = 0
    verdict: GateVerdict | None = None
    excluded_drop: float | None = None
    smallest_drop: float | None = None
    more_prompts: int | None = None

    @property
    def decidable(self) -> bool:
        """Whether there are enough prompts for the test to reject."""
        return self.prompts >= self.needed_prompts


@dataclass(frozen=True)
class GateResult:
    """The decision of a contract's gate on one cell.

    Attributes:
        cell: the cell that was judged.
        breaches: one line per limit that is exceeded, or not proven though it must be; empty if the gate passes.
        undecided: one line per limit that needs more prompts to be decided.
        drops: one test per instruction; empty if no order or seed was sampled.
        family: the number of tests that the p-values are adjusted for.
        significance_level: a drop is significant if its adjusted p-value is at or under it.
        orders_run, orders_planned: fewer orders ran than planned if the gate was decided early.
        length_ratio: compressed over uncompressed reply tokens; None if nothing was measured.
        lengths: how reply lengths changed; None if nothing was measured.
        control: the same without compression, under a harmless change or another seed; None if that did not run.
        distances: distances between compressed and uncompressed replies; None if they are not known.
        verdict: what is shown of the gate. A gate that passes is not always shown to hold.
        unproven: one line per limit that is neither shown to hold nor to be exceeded, though the gate passes.
    """

    cell: Cell
    breaches: tuple[str, ...]
    undecided: tuple[str, ...] = ()
    drops: tuple[DropTest, ...] = ()
    family: int = 0
    significance_level: float = 0.05
    orders_run: int = 1
    orders_planned: int = 1
    length_ratio: float | None = None
    lengths: LengthSummary | None = None
    control: LengthSummary | None = None
    distances: DistanceSummary | None = None
    verdict: GateVerdict = GateVerdict.UNDECIDED
    unproven: tuple[str, ...] = ()

    @property
    def smallest_drop(self) -> float | None:
        """The smallest drop that could have been shown of every instruction; None if of one none could, or untested."""
        drops = [drop.smallest_drop for drop in self.drops]
        known = [drop for drop in drops if drop is not None]
        return max(known) if known and len(known) == len(drops) else None
