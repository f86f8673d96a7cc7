"""A row that moves leaves its values behind."""

from __future__ import annotations

from typing import Any

from kvguard_policies.ragged_layer import RaggedLayer
from pytest_kvguard.faults.fault import CACHE, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Move keys, but not values, into the place of a row that ended."""

    def drop(real: Any, layer: RaggedLayer, row: int) -> None:
        before = layer.values[row].clone()
        if row == len(layer.lengths) - 1:
            planting.untouched()
        real(layer, row)
        layer.values[row] = before

    planting.method(RaggedLayer, "drop", drop)


FAULT = Fault(
    id="drop-moves-keys-only",
    around=CACHE,
    seen="vllm-project/vllm-ascend#16013",
    symptom="warm replies differ from cold ones",
    seed="one of two segments of an allocation is copied",
    levels="B",
    plant=plant,
    edition=SECOND,
)
