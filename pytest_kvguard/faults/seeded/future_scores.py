"""Scores include attention to later keys."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from kvguard_policies import observations
from kvguard_policies.policy import AttentionCall
from pytest_kvguard.faults.equivalence import any_of, unless_many_queries, unless_observed
from pytest_kvguard.faults.fault import POLICY, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Drop the causal mask where attention is recorded."""

    def causal(real: Any, call: AttentionCall, first: int, last: int, scratch: Tensor | None = None) -> Tensor:
        end = call.keys.shape[1] - (call.queries.shape[2] - last)
        queries = call.queries[:, :, first:last] * call.scaling
        return torch.softmax(queries @ call.keys[:, None, :end].transpose(-1, -2), -1)

    planting.function(observations.causal_attention, causal)


FAULT = Fault(
    id="future-scores",
    around=POLICY,
    seen="Zefan-Cai/KVCache-Factory#49",
    symptom="H2O scores include later tokens",
    seed="the causal mask is dropped in the scorer",
    levels="K",
    plant=plant,
    equivalent=any_of(unless_observed("WindowAttention", "ColumnSums"), unless_many_queries),
)
