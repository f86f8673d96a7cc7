"""Scores are twice as large."""

from __future__ import annotations

from typing import Any

from kvguard_policies.policy import LayerRecord, Scores
from pytest_kvguard.faults.fault import POLICY, Refactor
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["REFACTOR"]


def plant(planting: Planting, setting: Setting) -> None:
    """Double the scores, which is exact and keeps their order."""

    def score(real: Any, policy: Any, layer: LayerRecord) -> Scores:
        scores = real(policy, layer)
        return Scores(scores.values * 2, scores.priority)

    planting.policy(score=score)


REFACTOR = Refactor("doubled-scores", POLICY, "scores are doubled", plant)
