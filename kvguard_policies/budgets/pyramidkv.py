"""PyramidKV: larger budgets for lower layers."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import ClassVar

from kvguard_policies.policy import Layout, Policy, PolicyError, Wrapper
from kvguard_policies.scores.snapkv import SnapKV
from kvguard_policies.scores.windowed import check_window

__all__ = ["PyramidKV"]


@dataclass(frozen=True)
class PyramidKV(Wrapper):
    """Give layers budgets that fall linearly from the first to the last, over the scores of ``base``.

    ``beta`` is the steepness: the last layer gets ``1 / beta`` of the mean budget, or more if the first layer would
    need more entries than there are. If the last layer would get fewer than ``window`` entries, all budgets are equal.
    Source: PyramidKV, arXiv:2406.02069, §4.1. Differs: the budgets sum to exactly what the ratio allows (largest
    remainder), so a layer may hold one entry more or less than if each layer were rounded alone.
    """

    name: ClassVar[str] = "pyramidkv"
    base: Policy = field(default_factory=SnapKV)
    beta: int = 20
    window: int = 16

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.beta < 1:
            raise PolicyError(f"beta={self.beta} is below 1; write beta >= 1")
        check_window(self.window)

    def layer_budget(self, layer: int, layers: int, tokens: int, budget: int) -> int:
        """See ``Policy.layer_budget``."""
        shape = self._shape(tokens, budget)
        if shape is None or layers == 1:
            return budget
        most, least = shape
        step = (most - least) / (layers - 1)
        # Rounding cumulative sums splits a linear profile by largest remainder, one layer at a time.
        below = _sum_of_profile(most, step, layer)
        return round(_sum_of_profile(most, step, layer + 1)) - round(below)

    def _shape(self, tokens: int, budget: int) -> tuple[Fraction, Fraction] | None:
        """Return the first and the last layer's budget; None if the pyramid does not fit."""
        least = Fraction(budget, self.beta)
        most = 2 * budget - least
        room = max(self.window, tokens - self.window)
        if most >= room:
            most = Fraction(room)
            least = 2 * budget - most
        return (most, least) if tokens >= most >= least >= self.window else None

    def notes(self, layout: Layout, budget: int) -> tuple[str, ...]:
        """See ``Policy.notes``."""
        notes = self.base.notes(layout, budget)
        if self._shape(layout.tokens, budget) is None:
            notes += (f"pyramidkv: {budget} of {layout.tokens} entries leave a pyramid no room; layers share alike",)
        return notes


def _sum_of_profile(most: Fraction, step: Fraction, layers: int) -> Fraction:
    """Return the sum of the first ``layers`` terms of ``most, most - step, …``."""
    return layers * most - step * Fraction(layers * (layers - 1), 2)
