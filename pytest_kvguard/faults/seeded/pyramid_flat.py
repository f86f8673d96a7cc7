"""Below one half removed, all layers get the same budget."""

from __future__ import annotations

from typing import Any

from kvguard_policies.budgets.pyramidkv import PyramidKV
from pytest_kvguard.faults.equivalence import unless_policy
from pytest_kvguard.faults.fault import POLICY, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Give all layers the mean budget where at least half of the entries are kept."""

    def shape(real: Any, policy: PyramidKV, tokens: int, budget: int) -> Any:
        fits = real(policy, tokens, budget)
        if fits is None or 2 * budget < tokens:
            planting.untouched()
            return fits
        return None

    planting.method(PyramidKV, "_shape", shape)


FAULT = Fault(
    id="pyramid-flat",
    around=POLICY,
    seen="Zefan-Cai/KVCache-Factory#6",
    symptom="a pyramid is the same as no pyramid at small ratios",
    seed="the wrong capacity decides whether a pyramid fits",
    levels="K",
    plant=plant,
    equivalent=unless_policy("pyramidkv"),
    edition=SECOND,
)
