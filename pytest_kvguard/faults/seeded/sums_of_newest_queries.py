"""Accumulated attention counts the newest queries alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import Tensor

from kvguard_policies.observations import ColumnSums
from kvguard_policies.policy import AttentionCall
from pytest_kvguard.faults.equivalence import unless_observed
from pytest_kvguard.faults.fault import POLICY, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


NEWEST = 32


def plant(planting: Planting, setting: Setting) -> None:
    """Sum up the attention of the newest 32 queries."""

    def measure(real: Any, observation: ColumnSums, call: AttentionCall) -> Tensor:
        if call.queries.shape[2] <= NEWEST:
            planting.untouched()
        queries, positions = call.queries[:, :, -NEWEST:], call.positions[-NEWEST:]
        return real(observation, replace(call, queries=queries, positions=positions))  # type: ignore[no-any-return]

    planting.method(ColumnSums, "measure", measure)


FAULT = Fault(
    id="sums-of-newest-queries",
    around=POLICY,
    seen="Zefan-Cai/KVCache-Factory#16",
    symptom="H2O is SnapKV without pooling",
    seed="attention is summed over a window instead of all queries",
    levels="K",
    plant=plant,
    equivalent=unless_observed("ColumnSums"),
    edition=SECOND,
)
