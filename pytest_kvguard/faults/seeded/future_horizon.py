"""Future queries are modelled for a quarter of the asked positions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import Tensor

from kvguard_policies.observations import FutureQuery
from kvguard_policies.policy import AttentionCall
from pytest_kvguard.faults.equivalence import unless_observed
from pytest_kvguard.faults.fault import POLICY, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Model a quarter of the future positions."""

    def rotation(real: Any, observation: FutureQuery, call: AttentionCall, size: int) -> Tensor:
        nearer = replace(observation, future=max(1, observation.future // 4))
        return real(nearer, call, size)  # type: ignore[no-any-return]

    planting.method(FutureQuery, "_mean_rotation", rotation)


FAULT = Fault(
    id="future-horizon",
    around=POLICY,
    seen="NVIDIA/kvpress#157",
    symptom="a method does worse than its paper says",
    seed="two numbers of positions are exchanged",
    levels="K",
    plant=plant,
    equivalent=unless_observed("FutureQuery"),
    edition=SECOND,
)
