"""A context that is used again is quantized again, its exact window included."""

from __future__ import annotations

import torch
from torch import Tensor

from kvguard_policies import stores
from pytest_kvguard.faults.chunks import reread_used_contexts
from pytest_kvguard.faults.equivalence import unless_windowed_store
from pytest_kvguard.faults.fault import QUANTIZER, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Pack the exact window, too, from a context's second use on."""
    reread_used_contexts(planting, _packed)


def _packed(half: stores._Half) -> Tensor:
    recent = half.pack(half.recent).unpack() if half.recent.shape[1] else half.recent
    return torch.cat([*(chunk.unpack() for chunk in half.chunks), recent], dim=1)


FAULT = Fault(
    id="packed-again-on-restore",
    around=QUANTIZER,
    seen="waybarrios/vllm-mlx#451",
    symptom="a prefix that was saved and loaded is worse than a new one",
    seed="a prefix is unpacked when saved and packed as a whole when loaded",
    levels="S",
    plant=plant,
    equivalent=unless_windowed_store,
    edition=SECOND,
)
