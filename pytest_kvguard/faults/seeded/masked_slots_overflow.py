"""Slots that are masked hold numbers that overflow float16."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from kvguard_policies.compact import CompactLayer
from kvguard_policies.ragged_layer import RaggedLayer
from pytest_kvguard.faults.equivalence import any_of, unless_evicting, unless_many_heads
from pytest_kvguard.faults.fault import KERNEL, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


HUGE = 1e5


def plant(planting: Planting, setting: Setting) -> None:
    """Put keys of 1e5 behind the end of heads that hold fewer entries than others."""

    def fill(real: Any, layer: RaggedLayer, rows: Sequence[CompactLayer], reserve: int) -> None:
        real(layer, rows, reserve)
        index = torch.arange(layer.keys.shape[2], device=layer.keys.device)
        behind = (index >= layer.lengths[..., None]) & (index < layer.longest)
        if layer.keys.dtype != torch.float16 or not behind.any():
            planting.untouched()
        layer.keys = torch.where(behind[..., None], torch.tensor(HUGE).to(layer.keys), layer.keys)

    planting.method(RaggedLayer, "fill", fill)


FAULT = Fault(
    id="masked-slots-overflow",
    around=KERNEL,
    seen="NVIDIA/kvpress#250",
    symptom="endless exclamation marks, in float16 only",
    seed="evicted entries are replaced by huge keys, which are infinite in float16",
    levels="L",
    plant=plant,
    equivalent=any_of(unless_evicting, unless_many_heads),
    edition=SECOND,
)
