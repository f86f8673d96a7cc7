"""The observations of one context are added to those of the next."""

from __future__ import annotations

from typing import Any

from kvguard_policies.recording import Recorder
from pytest_kvguard.faults.equivalence import unless_observed
from pytest_kvguard.faults.fault import POLICY, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Add the observations of the previous context in the same layer, key by key."""
    sums: dict[Any, Any] = {}

    def observe(real: Any, recorder: Recorder, layer: int, *rest: Any) -> None:
        real(recorder, layer, *rest)
        for need, state in recorder.observed[layer].items():
            if not need.observation.per_key:
                continue
            before = sums.get((layer, need))
            if before is not None and before.shape[:-1] == state.shape[:-1]:
                shared = min(before.shape[-1], state.shape[-1])
                state[..., :shared] += before[..., :shared]
            sums[layer, need] = state.clone()

    planting.method(Recorder, "observe", observe)


FAULT = Fault(
    id="running-sum-not-reset",
    around=POLICY,
    seen="NVIDIA/kvpress#221",
    symptom="scores of the second sample include the first",
    seed="sums per layer are kept between prefills",
    levels="S",
    plant=plant,
    equivalent=unless_observed(),
)
