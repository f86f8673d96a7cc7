"""A prefix that fills its last block exactly loses its values."""

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


BLOCK = 64


def plant(planting: Planting, setting: Setting) -> None:
    """Zero the values of a prefix of 64, 128, … tokens."""

    def compact(real: Any, record: PrefillRecord, *rest: Any) -> CompactLayer:
        layer: CompactLayer = real(record, *rest)
        if record.tokens % BLOCK:
            planting.untouched()
            return layer
        return replace(layer, values=layer.values * 0)

    planting.function(compression._compact, compact)


FAULT = Fault(
    id="block-boundary",
    around=CACHE,
    seen="sgl-project/sglang#22819",
    symptom="one request of many is corrupt, the same one every time",
    seed="a prefix whose length is a multiple of the block size is mapped wrongly",
    levels="LT",
    plant=plant,
)
