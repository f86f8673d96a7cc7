"""A small budget leaves the safeguard of every head without entries."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from torch import Tensor

from kvguard_policies.budgets.adakv import AdaKV
from kvguard_policies.policy import LayerRecord, Scores
from pytest_kvguard.faults.equivalence import unless_policy
from pytest_kvguard.faults.fault import POLICY, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Round the safeguard down, also to 0."""

    def allocate(real: Any, policy: AdaKV, scores: Scores, layer: LayerRecord) -> Tensor:
        safe = int(layer.budget * Fraction(str(policy.safeguard)))
        if safe or not policy.safeguard:
            planting.untouched()
            return real(policy, scores, layer)  # type: ignore[no-any-return]
        return real(replace(policy, safeguard=0.0), scores, layer)  # type: ignore[no-any-return]

    planting.method(AdaKV, "allocate", allocate)


FAULT = Fault(
    id="safeguard-empty",
    around=POLICY,
    seen="NVIDIA/kvpress#277",
    symptom="entries that must stay are evicted in short contexts",
    seed="a share of the budget is rounded down to 0",
    levels="K",
    plant=plant,
    equivalent=unless_policy("adakv"),
    edition=SECOND,
)
