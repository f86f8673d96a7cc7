"""The first tokens, the attention sinks, are not protected."""

from __future__ import annotations

from typing import Any

import torch

from kvguard_policies.policy import LayerRecord, Priority, Scores
from pytest_kvguard.faults.equivalence import unless_protected
from pytest_kvguard.faults.fault import POLICY, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Evict the sinks before all other entries."""

    def score(real: Any, policy: Any, layer: LayerRecord) -> Scores:
        scores = real(policy, layer)
        sinks = scores.priority == Priority.SINK
        if not sinks.any():
            planting.untouched()
        values = scores.values.masked_fill(sinks, -torch.inf)
        return Scores(values, torch.where(sinks, 0, scores.priority).to(torch.int8))

    planting.policy(score=score)


FAULT = Fault(
    id="sinks-ignored",
    around=POLICY,
    seen="vllm-project/vllm-metal#550",
    symptom="long output degrades",
    seed="the sinks are evicted",
    levels="LA",
    plant=plant,
    equivalent=unless_protected(Priority.SINK),
)
