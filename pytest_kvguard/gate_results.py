"""What a gate saw and says. Frozen values; no torch, no pytest, no I/O."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_kvguard.distances import DistanceSummary

__all__ = ["DropTest", "GateResult", "LengthPair", "LengthSummary"]


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
class LengthPair:
    """Generated tokens of one conversation on both arms.

    Attributes:
        baseline, compressed: tokens; for a control, the second is the uncompressed model's once more.
        baseline_capped, compressed_capped: whether a reply was cut off.
    """

    baseline: int
    compressed: int
    baseline_capped: bool = False
    compressed_capped: bool = False


@dataclass(frozen=True)
class LengthSummary:
    """How the lengths of many conversations changed.

    Attributes:
        replies: pairs with a baseline of one token or more; the shares are of these.
        ratio: compressed over uncompressed tokens, of their sums; None without pairs.
        quantiles: of the pairs' ratios, at 10, 50 and 90 %; empty without pairs.
        longer, shorter: pairs with at least 3/2, at most 2/3 of the tokens.
        zero_baselines: pairs whose baseline is empty.
        baseline_caps, compressed_caps: pairs in which a reply was cut off, by arm.
    """

    replies: int
    ratio: float | None
    quantiles: tuple[float, ...]
    longer: int
    shorter: int
    zero_baselines: int = 0
    baseline_caps: int = 0
    compressed_caps: int = 0

    @property
    def longer_share(self) -> float | None:
        """Share of pairs that became longer, 0..1; None without pairs."""
        return self.longer / self.replies if self.replies else None


@dataclass(frozen=True)
class GateResult:
    """What a contract's gate says of one policy, ratio and kernel.

    Attributes:
        policy, ratio, kernel: the cell.
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

    policy: str
    ratio: str
    kernel: str
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
