"""The entries with the lowest scores are kept."""

from __future__ import annotations

from typing import Any

from kvguard_policies.policy import LayerRecord, Scores
from pytest_kvguard.faults.equivalence import unless_evicting
from pytest_kvguard.faults.fault import POLICY, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Negate the scores: of unprotected entries the lowest are kept, which for StreamingLLM are the oldest."""

    def score(real: Any, policy: Any, layer: LayerRecord) -> Scores:
        scores = real(policy, layer)
        return Scores(-scores.values, scores.priority)

    planting.policy(score=score)


FAULT = Fault(
    id="wrong-end",
    around=POLICY,
    seen="JaydenLyh/Reward-Forcing#5",
    symptom="the newest entries are evicted instead of the oldest",
    seed="behind the sinks, entries are evicted from the wrong end",
    levels="K",
    plant=plant,
    equivalent=unless_evicting,
)
