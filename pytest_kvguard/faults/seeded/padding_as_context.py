"""Scores include attention to padding."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from kvguard_policies import observations
from kvguard_policies.policy import AttentionCall
from pytest_kvguard.faults.equivalence import unless_observed
from pytest_kvguard.faults.fault import POLICY, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


BLOCK = 16


def plant(planting: Planting, setting: Setting) -> None:
    """Let recorded queries attend to padding in front of the context, up to a multiple of 16 tokens."""

    def causal(real: Any, call: AttentionCall, first: int, last: int, scratch: Tensor | None = None) -> Tensor:
        heads, group, queries, _ = call.queries.shape
        end = call.keys.shape[1] - (queries - last)
        logits = (call.queries[:, :, first:last] * call.scaling) @ call.keys[:, None, :end].transpose(-1, -2)
        future = torch.ones(last - first, last - first, dtype=torch.bool, device=logits.device).triu(1)
        logits[..., end - (last - first) :].masked_fill_(future, -torch.inf)
        pads = BLOCK - call.keys.shape[1] % BLOCK
        empty = logits.new_zeros(heads, group, last - first, pads)
        return torch.softmax(torch.cat([empty, logits], -1), -1)[..., pads:]

    planting.function(observations.causal_attention, causal)


FAULT = Fault(
    id="padding-as-context",
    around=POLICY,
    seen="FasterDecoding/SnapKV#3",
    symptom="padded rows give other replies",
    seed="the scorer ignores the padding mask",
    levels="BK",
    plant=plant,
    equivalent=unless_observed("WindowAttention", "ColumnSums"),
)
