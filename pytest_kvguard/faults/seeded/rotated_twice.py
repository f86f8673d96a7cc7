"""Kept keys are rotated to positions without gaps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from kvguard_policies import compression
from kvguard_policies.compression import PrefillRecord
from kvguard_policies.hf_cache import CompactLayer
from kvguard_policies.observations import rotate
from pytest_kvguard.faults.equivalence import unless_evicting
from pytest_kvguard.faults.fault import CACHE, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Rotate every kept key back by the gap in front of it, while queries keep their true positions."""

    def compact(real: Any, record: PrefillRecord, index: int, kept: Any) -> CompactLayer:
        layer: CompactLayer = real(record, index, kept)
        gaps = torch.cat([head - torch.arange(len(head), device=head.device) for head in kept])
        if index in record.sliding or not gaps.any():
            planting.untouched()
            return layer
        cos, sin = record.recorder.rotary(index)(gaps)
        return replace(layer, keys=rotate(layer.keys.float(), cos, -sin).to(layer.keys.dtype))

    planting.function(compression._compact, compact)


FAULT = Fault(
    id="rotated-twice",
    around=CACHE,
    seen="ggml-org/llama.cpp#4097",
    symptom="the more tokens are shifted out, the stranger the text",
    seed="kept keys are rotated to new positions, queries are not",
    levels="L",
    plant=plant,
    equivalent=unless_evicting,
)
