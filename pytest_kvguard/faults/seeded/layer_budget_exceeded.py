"""The budgets of the layers add up to more than was asked."""

from __future__ import annotations

from typing import Any

from pytest_kvguard.faults.equivalence import unless_evicting
from pytest_kvguard.faults.fault import POLICY, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Give the first layer one entry more per head."""

    def layer_budget(real: Any, policy: Any, layer: int, layers: int, tokens: int, budget: int) -> int:
        own: int = real(policy, layer, layers, tokens, budget)
        if layer or own >= tokens:
            planting.untouched()
            return own
        return own + 1

    planting.policy(layer_budget=layer_budget)


FAULT = Fault(
    id="layer-budget-exceeded",
    around=POLICY,
    seen="rajveer43/VeloxQuant-MLX#76",
    symptom="the cache is larger than the budget allows",
    seed="small budgets are raised to a minimum, and none is lowered for it",
    levels="M",
    plant=plant,
    equivalent=unless_evicting,
    edition=SECOND,
)
