"""What compression costs and buys at every ratio that was tried, and how far each policy may go. Frozen values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Costs", "FrontierPoint", "LostInstruction", "PolicyAdvice", "efficient_points"]


@dataclass(frozen=True)
class LostInstruction:
    """An instruction that does not survive a ratio.

    Attributes:
        contract, instruction: whose it is, and its id.
        place: ``file:line``.
        lost, leaked, checked: results, over all probes and orders.
    """

    contract: str
    instruction: str
    place: str
    lost: int
    leaked: int
    checked: int


@dataclass(frozen=True)
class Costs:
    """What a cell costs beside the uncompressed arm, summed over all conversations; None where it was not measured.

    Attributes:
        cache_share: bytes of the compressed contexts over those of the uncompressed ones.
        length_ratio: compressed over uncompressed reply tokens.
        step_ratio: time per generated token over that of the uncompressed arm.
        time_ratio: the same of whole replies, compressing included, so that longer replies count.
    """

    cache_share: float | None = None
    length_ratio: float | None = None
    step_ratio: float | None = None
    time_ratio: float | None = None


@dataclass(frozen=True)
class FrontierPoint:
    """One policy at one ratio, over all contracts.

    Attributes:
        policy, ratio: the cell.
        held, lost, leaked, unstable, errors: results by verdict, of what holds uncompressed.
        prompts, failing_prompts: contracts in their orders in which anything holds uncompressed, and those of them
            in which something is lost, leaks or breaks.
        breaches: every limit that is exceeded; empty when the point is safe.
        binding: the instructions that are lost or leak, most often lost first.
        costs: memory, length and time.
        reason: why nothing could be run; empty otherwise.
    """

    policy: str
    ratio: str
    held: int
    lost: int
    leaked: int
    unstable: int
    errors: int
    prompts: int
    failing_prompts: int
    breaches: tuple[str, ...]
    binding: tuple[LostInstruction, ...] = ()
    costs: Costs = Costs()
    reason: str = ""

    @property
    def is_safe(self) -> bool:
        """Whether no limit is exceeded."""
        return not self.breaches

    @property
    def checks(self) -> int:
        """Results that could be lost: what holds uncompressed."""
        return self.held + self.lost + self.leaked + self.unstable + self.errors

    @property
    def quality(self) -> float | None:
        """Share of what holds uncompressed that still holds; None when nothing does."""
        return self.held / self.checks if self.checks else None


@dataclass(frozen=True)
class PolicyAdvice:
    """How far one policy may go.

    Attributes:
        policy: the spec.
        safe: the point at the largest safe ratio; None when the smallest ratio that was tried is not safe.
        unsafe: the smallest ratio that is not safe; None when every one that was tried is.
        points: all that were tried, by ratio.
        islands: ratios that came out safe above ``unsafe``: by luck, as far as anybody knows.
        remedy_of: the policy whose losses this one is to prevent; empty for one that was asked for.
        protected: what ``keep`` protects beside what the contracts do, as ``contract::instruction``.
        without_remedy: contracts that ran under ``remedy_of`` itself, since nothing in them is protected.
    """

    policy: str
    safe: FrontierPoint | None
    unsafe: FrontierPoint | None
    points: tuple[FrontierPoint, ...]
    islands: tuple[str, ...] = ()
    remedy_of: str = ""
    protected: tuple[str, ...] = ()
    without_remedy: tuple[str, ...] = ()

    @property
    def binding(self) -> tuple[LostInstruction, ...]:
        """What is lost first."""
        return self.unsafe.binding if self.unsafe else ()


def efficient_points(points: Sequence[FrontierPoint]) -> set[tuple[str, str]]:
    """Return the cells that no other beats: none holds as much in as little cache and time, and more of any.

    Where nothing was timed, time does not count; what could not run is never efficient.
    """
    rated = {(point.policy, point.ratio): rating for point in points if (rating := _rating(point))}
    return {
        cell
        for cell, rating in rated.items()
        if not any(_beats(other, rating) for name, other in rated.items() if name != cell)
    }


def _rating(point: FrontierPoint) -> tuple[float, float, float] | None:
    """Return what is better the less it is; None for what could not be measured."""
    quality, costs = point.quality, point.costs
    if quality is None or costs.cache_share is None or point.errors:
        return None
    # Times scatter, so that a tenth more or less is no difference.
    return -quality, costs.cache_share, round(costs.time_ratio or 0.0, 1)


def _beats(one: Sequence[float], other: Sequence[float]) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True)) and tuple(one) != tuple(other)
