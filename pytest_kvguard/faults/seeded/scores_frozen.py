"""Attention that keys receive during generation is not counted."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from kvguard_policies.observations import ColumnSums
from kvguard_policies.policy import AttentionCall
from pytest_kvguard.faults.fault import POLICY, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Keep the attention sums of the prefill; new tokens have a sum of 0 and are evicted first."""

    def advance(real: Any, observation: ColumnSums, state: Tensor, call: AttentionCall) -> Tensor:
        return torch.nn.functional.pad(state, (0, 1))

    planting.method(ColumnSums, "advance", advance)


def _unless_held(setting: Setting) -> str:
    for policy in setting.evicting:
        needs = Setting(policies=(policy,)).observations
        if policy.can_decode and any(isinstance(observation, ColumnSums) for observation in needs):
            return ""
    return "no policy that holds a budget while generating sums up attention"


FAULT = Fault(
    id="scores-frozen",
    around=POLICY,
    seen="rajveer43/VeloxQuant-MLX#137",
    symptom="repetition after a few evictions",
    seed="scores of early tokens are frozen",
    levels="KT",
    plant=plant,
    equivalent=_unless_held,
)
