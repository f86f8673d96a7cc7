"""Tokens past the 512th are never scored."""

from __future__ import annotations

from typing import Any

from kvguard_policies.policy import LayerRecord, Scores
from pytest_kvguard.faults.equivalence import unless_evicting
from pytest_kvguard.faults.fault import POLICY, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


ROOM = 512


def plant(planting: Planting, setting: Setting) -> None:
    """Give every token from the 513th on the lowest score of its head."""

    def score(real: Any, policy: Any, layer: LayerRecord) -> Scores:
        scores = real(policy, layer)
        if layer.entries <= ROOM:
            planting.untouched()
            return scores  # type: ignore[no-any-return]
        values = scores.values.clone()
        values[:, ROOM:] = scores.values.amin(-1, keepdim=True)
        return Scores(values, scores.priority)

    planting.policy(score=score)


FAULT = Fault(
    id="scores-end-at-512",
    around=POLICY,
    seen="ROCm/vllm#22",
    symptom="results are wrong beyond a length that no test reaches",
    seed="a reduction has room for a fixed number of tokens",
    levels="K",
    plant=plant,
    equivalent=unless_evicting,
    edition=SECOND,
)
