"""After an eviction, scores belong to other entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from kvguard_policies.recording import Recorder
from pytest_kvguard.faults.equivalence import any_of, unless_holding, unless_observed
from pytest_kvguard.faults.fault import POLICY, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Cut observations to the kept number of entries instead of selecting those of the kept ones."""

    def evict(real: Any, recorder: Recorder, layer: int, kept: Sequence[Tensor]) -> None:
        first = [torch.arange(len(indices), device=indices.device) for indices in kept]
        real(recorder, layer, first)

    planting.method(Recorder, "evict", evict)


FAULT = Fault(
    id="scores-of-other-entries",
    around=POLICY,
    seen="openvinotoolkit/openvino.genai#2762",
    symptom="the wrong entries are evicted later",
    seed="scores keep their places while entries move",
    levels="K",
    plant=plant,
    equivalent=any_of(unless_holding, unless_observed()),
    edition=SECOND,
)
