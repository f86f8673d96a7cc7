"""A context that is used again has lost its scales."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from kvguard_policies import stores
from pytest_kvguard.faults.chunks import change_backbone, reread_used_contexts
from pytest_kvguard.faults.equivalence import unless_windowed_store
from pytest_kvguard.faults.fault import QUANTIZER, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Read the packed vectors of a context with scales of 0 from its second use on."""
    reread_used_contexts(planting, _unscaled)


def _unscaled(half: stores._Half) -> Tensor:
    chunks = [change_backbone(chunk, lambda packed: replace(packed, scale=packed.scale * 0)) for chunk in half.chunks]
    return torch.cat([*(chunk.unpack() for chunk in chunks), half.recent], dim=1)


FAULT = Fault(
    id="scales-zero-on-restore",
    around=QUANTIZER,
    seen="kekzl/imp#1189",
    symptom="a restored prefix gives a fluent, wrong reply",
    seed="codes are saved with a prefix, their scales are not",
    levels="S",
    plant=plant,
    equivalent=unless_windowed_store,
    edition=SECOND,
)
