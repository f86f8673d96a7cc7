"""While generating, scores follow the last query of the context."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from kvguard_policies.recording import Recorder
from pytest_kvguard.faults.equivalence import any_of, unless_holding, unless_observed
from pytest_kvguard.faults.fault import POLICY, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Record the newest query of the context again for every generated token."""

    def advance(real: Any, recorder: Recorder, layer: int, query: Tensor, *rest: Any) -> None:
        recent = recorder.recent.get(layer)
        if recent is None:
            planting.untouched()
            return real(recorder, layer, query, *rest)  # type: ignore[no-any-return]
        stale = recent[:, :, -1:].reshape(query.shape).to(query.dtype)
        return real(recorder, layer, stale, *rest)  # type: ignore[no-any-return]

    planting.method(Recorder, "advance", advance)


FAULT = Fault(
    id="newest-query-stale",
    around=POLICY,
    seen="rajveer43/VeloxQuant-MLX#141",
    symptom="what a reply needs is evicted while it is written",
    seed="the queries of generated tokens are never recorded",
    levels="K",
    plant=plant,
    equivalent=any_of(unless_holding, unless_observed()),
    edition=SECOND,
)
