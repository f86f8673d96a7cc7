"""What a gate saw and says. Frozen values; no torch, no pytest, no I/O."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.distances import DistanceSummary
from pytest_kvguard.values.lengths import LengthSummary

__all__ = ["DropTest", "GateResult"]


@dataclass(frozen=True)
class DropTest:
    """Whether one instruction is obeyed less often under compression, over all prompts it was checked in.

    Attributes:
        instruction: its id.
        prompts: how many independent prompts the checks come from.
        checks: how many checks were made on both arms.
        held_uncompressed, held_compressed: how many of them hold.
        drop: adherence uncompressed minus compressed, -1..1; None when nothing was checked.
        interval: of the drop, at the gate's confidence; None when there is one prompt or none.
        p_value: of a drop above the margin, adjusted for all tests of the family; None when nothing was checked.
        needed_prompts: with fewer prompts the test can show nothing.
        failed: the drop is shown.
        unstable: how many of the instruction's results are UNSTABLE.
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

    @property
    def decidable(self) -> bool:
        """Whether there are enough prompts for a drop to be shown."""
        return self.prompts >= self.needed_prompts


@dataclass(frozen=True)
class GateResult:
    """What a contract's gate says of one cell.

    Attributes:
        cell: the setting it speaks of.
        breaches: one line for every limit that is exceeded; empty when the gate holds.
        undecided: one line for everything that would need more prompts.
        drops: one test per instruction; empty where no order or seed was sampled.
        family: how many tests the p-values are adjusted for.
        level: at or under which an adjusted p-value shows a drop.
        orders_run, orders_planned: fewer were run than planned when the gate was decided early.
        length_ratio: compressed over uncompressed reply tokens; None when nothing was measured.
        lengths: how reply lengths changed; None when nothing was measured.
        control: the same without compression, under a harmless change or another seed; None where that was not run.
        distances: how far replies went from the uncompressed ones; None where that is not known.
    """

    cell: Cell
    breaches: tuple[str, ...]
    undecided: tuple[str, ...] = ()
    drops: tuple[DropTest, ...] = ()
    family: int = 0
    level: float = 0.05
    orders_run: int = 1
    orders_planned: int = 1
    length_ratio: float | None = None
    lengths: LengthSummary | None = None
    control: LengthSummary | None = None
    distances: DistanceSummary | None = None
