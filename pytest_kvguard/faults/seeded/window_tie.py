"""The observation window is protected by a high score instead of a priority."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from kvguard_policies import selection
from kvguard_policies.policy import LayerRecord, Priority, Scores
from pytest_kvguard.faults.equivalence import unless_protected
from pytest_kvguard.faults.fault import POLICY, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Give the window the highest score, and let ties keep the earlier token, as an unstable top-k may."""

    def score(real: Any, policy: Any, layer: LayerRecord) -> Scores:
        scores = real(policy, layer)
        window = scores.priority == Priority.WINDOW
        values = torch.where(window, scores.values.amax(-1, keepdim=True), scores.values)
        return Scores(values, torch.where(window, 0, scores.priority).to(torch.int8))

    def rank(real: Any, scores: Scores) -> Any:
        last = scores.values.shape[-1] - 1
        return last - real(replace(scores, values=scores.values.flip(-1), priority=scores.priority.flip(-1)))

    planting.policy(score=score)
    planting.function(selection.rank_entries, rank)


FAULT = Fault(
    id="window-tie",
    around=POLICY,
    seen="NVIDIA/kvpress#226",
    symptom="the observation window is evicted",
    seed="the window gets the highest score instead of a priority, and scores tie",
    levels="K",
    plant=plant,
    equivalent=unless_protected(Priority.WINDOW),
)
