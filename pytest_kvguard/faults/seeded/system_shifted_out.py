"""Protected entries are evicted."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from kvguard_policies.policy import LayerRecord, Priority, Scores
from pytest_kvguard.faults.equivalence import unless_evicting
from pytest_kvguard.faults.fault import POLICY, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Ignore the protection of forced entries and sinks: the oldest are evicted first."""

    def select(real: Any, policy: Any, scores: Scores, budgets: Tensor, layer: LayerRecord) -> tuple[Tensor, ...]:
        protected = scores.priority >= Priority.SINK
        if not protected.any():
            planting.untouched()
        values = torch.where(protected, scores.values.amin(-1, keepdim=True), scores.values)
        priority = torch.where(protected, 0, scores.priority).to(torch.int8)
        return real(policy, Scores(values, priority), budgets, layer)  # type: ignore[no-any-return]

    planting.policy(select=select)


FAULT = Fault(
    id="system-shifted-out",
    around=POLICY,
    seen="ggml-org/llama.cpp#12253",
    symptom="the model forgets the system message",
    seed="a context shift protects no entry",
    levels="AX",
    plant=plant,
    equivalent=unless_evicting,
)
