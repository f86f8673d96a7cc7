"""One layer reads its keys as values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kvguard_policies import compression
from kvguard_policies.compression import PrefillRecord
from kvguard_policies.hf_cache import CompactLayer
from pytest_kvguard.faults.fault import CACHE, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Store the keys of the last layer that does not slide in place of its values."""

    def compact(real: Any, record: PrefillRecord, index: int, kept: Any) -> CompactLayer:
        layer: CompactLayer = real(record, index, kept)
        if index != max(record.compressible_layers, default=-1):
            planting.untouched()
            return layer
        return replace(layer, values=layer.keys.clone())

    planting.function(compression._compact, compact)


FAULT = Fault(
    id="keys-as-values",
    around=CACHE,
    seen="ikawrakow/ik_llama.cpp#1592",
    symptom="base models hardly suffer, tuned models write nonsense",
    seed="some layers read the key cache as the value cache",
    levels="L",
    plant=plant,
)
