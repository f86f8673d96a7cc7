"""Generated tokens stay exact for ever."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from kvguard_policies import stores
from kvguard_policies.stores import ChangedRange
from pytest_kvguard.faults.equivalence import unless_windowed_store
from pytest_kvguard.faults.fault import QUANTIZER, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Append new vectors without packing those that left the window."""

    def append(real: Any, half: stores._Half, vectors: Tensor) -> ChangedRange:
        if half.packed_of(half.packed + half.recent.shape[1]) <= half.packed:
            planting.untouched()
        half.recent = torch.cat([half.recent, vectors], dim=1)
        return half.packed, vectors[:, :0]

    planting.method(stores._Half, "append", append)


FAULT = Fault(
    id="residual-never-ages",
    around=QUANTIZER,
    seen="rajveer43/VeloxQuant-MLX#86",
    symptom="the cache grows as if nothing were quantized",
    seed="the window is compared with the length of a call instead of the cache",
    levels="M",
    plant=plant,
    equivalent=unless_windowed_store,
    edition=SECOND,
)
