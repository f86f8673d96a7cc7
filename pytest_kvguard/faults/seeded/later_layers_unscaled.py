"""Only the first layer has scales."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from kvguard_policies import quantization, stores
from kvguard_policies.compact import CompactLayer, PackedLayer
from pytest_kvguard.faults.chunks import change_backbone, refilled
from pytest_kvguard.faults.equivalence import unless_windowed_store
from pytest_kvguard.faults.fault import QUANTIZER, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Read every layer but the first with a scale of 1."""
    packed_layers: list[PackedLayer] = []

    def pack(real: Any, layer: CompactLayer, quantizer: Any) -> PackedLayer:
        packed: PackedLayer = real(layer, quantizer)
        packed_layers.append(packed)
        if len(packed_layers) % 2:
            planting.untouched()
            return packed
        return refilled(packed, _unscaled)

    planting.function(quantization.pack_layer, pack)


def _unscaled(half: stores._Half) -> Tensor:
    chunks = [
        change_backbone(chunk, lambda packed: replace(packed, scale=torch.ones_like(packed.scale)))
        for chunk in half.chunks
    ]
    return torch.cat([*(chunk.unpack() for chunk in chunks), half.recent], dim=1)


FAULT = Fault(
    id="later-layers-unscaled",
    around=QUANTIZER,
    seen="vllm-project/vllm#55559",
    symptom="the error of a layer jumps where layers share what others stored",
    seed="layers without scales of their own read with a scale of 1",
    levels="L",
    plant=plant,
    equivalent=unless_windowed_store,
    edition=SECOND,
)
