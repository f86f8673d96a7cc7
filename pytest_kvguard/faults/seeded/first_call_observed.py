"""Only the first call of a prefill is observed."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from kvguard_policies.recording import CallRecorder
from pytest_kvguard.faults.equivalence import unless_observed
from pytest_kvguard.faults.fault import CACHE, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Drop the queries of every later call of a prefill."""

    def advance(real: Any, recorder: CallRecorder, layer: int, query: Tensor, *rest: Any) -> None:
        known = list(recorder._queries.get(layer, ()))
        real(recorder, layer, query, *rest)
        if recorder.needs:
            recorder._queries[layer] = [*known, known[-1][:, :, -1:].expand_as(query)]

    planting.method(CallRecorder, "advance", advance)


FAULT = Fault(
    id="first-call-observed",
    around=CACHE,
    seen="eole-nlp/eole#340",
    symptom="long prompts are treated by their beginning",
    seed="what the first chunk is given does not reach the others",
    levels="K",
    plant=plant,
    equivalent=unless_observed(),
    edition=SECOND,
)
