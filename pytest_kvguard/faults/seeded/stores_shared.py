"""Generating changes the stores of the context."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kvguard_policies.compact import CompactLayer, PackedLayer
from kvguard_policies.ragged_layer import RaggedLayer
from pytest_kvguard.faults.equivalence import unless_quantizing
from pytest_kvguard.faults.fault import QUANTIZER, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Append to the stores of the context itself."""

    def fill(real: Any, layer: RaggedLayer, rows: Sequence[CompactLayer], reserve: int) -> None:
        real(layer, rows, reserve)
        packed = {number: row.stores for number, row in enumerate(rows) if isinstance(row, PackedLayer)}
        if not packed:
            planting.untouched()
        layer.stores.update(packed)

    planting.method(RaggedLayer, "fill", fill)


FAULT = Fault(
    id="stores-shared",
    around=QUANTIZER,
    seen="waybarrios/vllm-mlx#570",
    symptom="a later request fails, or reads another state",
    seed="a working cache and the context share their packed state",
    levels="S",
    plant=plant,
    equivalent=unless_quantizing,
    edition=SECOND,
)
