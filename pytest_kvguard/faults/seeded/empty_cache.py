"""The budget of a short context is 0 entries."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from kvguard_policies import selection
from pytest_kvguard.faults.equivalence import unless_evicting
from pytest_kvguard.faults.fault import POLICY, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Round the budget down, even to 0."""

    def budget(real: Any, entries: int, ratio: Fraction | float) -> int:
        least: int = real(entries, ratio)
        exact = entries * (1 - Fraction(str(ratio) if isinstance(ratio, float) else ratio))
        return least if exact >= 1 else 0

    planting.function(selection.budget_entries, budget)


FAULT = Fault(
    id="empty-cache",
    around=POLICY,
    seen="NVIDIA/kvpress#264",
    symptom="an empty cache, NaN, no error",
    seed="the budget is rounded down without a minimum of 1",
    levels="NL",
    plant=plant,
    equivalent=unless_evicting,
)
