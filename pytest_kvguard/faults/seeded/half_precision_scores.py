"""Scores are rounded to bfloat16."""

from __future__ import annotations

from typing import Any

import torch

from kvguard_policies.policy import LayerRecord, Scores
from pytest_kvguard.faults.equivalence import unless_evicting
from pytest_kvguard.faults.fault import POLICY, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Round scores to bfloat16, so that many of them tie."""

    def score(real: Any, policy: Any, layer: LayerRecord) -> Scores:
        scores = real(policy, layer)
        return Scores(scores.values.to(torch.bfloat16).float(), scores.priority)

    planting.policy(score=score)


FAULT = Fault(
    id="half-precision-scores",
    around=POLICY,
    seen="NVIDIA/kvpress#276",
    symptom="ties decide which entries are kept",
    seed="scores are computed in bfloat16",
    levels="K",
    plant=plant,
    equivalent=unless_evicting,
)
