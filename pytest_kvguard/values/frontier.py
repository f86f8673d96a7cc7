"""Quality and cost at every ratio that was tried, and the largest safe ratio of each policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Costs", "FrontierPoint", "LostInstruction", "PolicyAdvice", "efficient_points"]


@dataclass(frozen=True)
class LostInstruction:
    """An instruction that is lost or leaks at a ratio.

    Attributes:
        contract, instruction: the contract's name and the instruction's id.
        place: ``file:line``.
        lost, leaked, checked: numbers of results, over all probes and orders.
    """

    contract: str
    instruction: str
    place: str
    lost: int
    leaked: int
    checked: int


@dataclass(frozen=True)
class Costs:
    """The costs of a cell relative to the uncompressed arm, summed over all conversations; None if not measured.

    Attributes:
        cache_share: bytes of the compressed contexts over those of the uncompressed ones.
        length_ratio: compressed over uncompressed reply tokens.
        step_ratio: time per generated token over that of the uncompressed arm.
        time_ratio: time of whole replies, including compression, over that of the uncompressed arm.
    """

    cache_share: float | None = None
    length_ratio: float | None = None
    step_ratio: float | None = None
    time_ratio: float | None = None


@dataclass(frozen=True)
class FrontierPoint:
    """The results of one policy at one ratio, over all contracts.

    Attributes:
        policy, ratio: the cell.
        held, lost, leaked, unstable, errors: numbers of results by verdict; UNMET ones are not counted.
        prompts: pairs of contract and order with at least one result that is not UNMET.
        failing_prompts: those of them with a LOST, LEAKED or ERROR result.
        breaches: one line per limit that is exceeded; empty if the point is safe.
        binding: the instructions that are lost or leak, the most often lost first.
        costs: memory, length and time.
        reason: the reason of the first ERROR; empty without one.
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
        """Whether no gate's limit is exceeded."""
        return not self.breaches

    @property
    def checks(self) -> int:
        """Number of results that are not UNMET."""
        return self.held + self.lost + self.leaked + self.unstable + self.errors

    @property
    def quality(self) -> float | None:
        """Share of ``checks`` that hold under compression; None without checks."""
        return self.held / self.checks if self.checks else None


@dataclass(frozen=True)
class PolicyAdvice:
    """The largest safe ratio of one policy, with all points that were tried.

    Attributes:
        policy: the spec.
        safe: the point at the largest safe ratio; None if the smallest ratio that was tried is not safe.
        unsafe: the point at the smallest unsafe ratio; None if every ratio that was tried is safe.
        points: every point that was tried, by ratio.
        islands: safe ratios above ``unsafe``; they do not count, since replies may come out right by luck.
        remedy_of: the policy whose losses this one should prevent; empty for a policy that the user named.
        protected: what ``keep`` protects in addition to the contracts' own protection, as ``contract::instruction``.
        without_remedy: contracts that ran under ``remedy_of`` itself, because nothing in them is protected.
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
        """The instructions that are lost or leak at the smallest unsafe ratio."""
        return self.unsafe.binding if self.unsafe else ()


def efficient_points(points: Sequence[FrontierPoint]) -> set[tuple[str, str]]:
    """Return the Pareto-efficient cells, as (policy, ratio): no other cell is as good in quality, memory and time.

    Time counts only where it was measured. A cell with errors is never efficient.
    """
    rated = {(point.policy, point.ratio): rating for point in points if (rating := _rating(point))}
    return {
        cell
        for cell, rating in rated.items()
        if not any(_beats(other, rating) for name, other in rated.items() if name != cell)
    }


def _rating(point: FrontierPoint) -> tuple[float, float, float] | None:
    """Return (negative quality, cache share, time), of which less is better; None if one was not measured."""
    quality, costs = point.quality, point.costs
    if quality is None or costs.cache_share is None or point.errors:
        return None
    # Times scatter, so a difference of a tenth is ignored.
    return -quality, costs.cache_share, round(costs.time_ratio or 0.0, 1)


def _beats(one: Sequence[float], other: Sequence[float]) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True)) and tuple(one) != tuple(other)
