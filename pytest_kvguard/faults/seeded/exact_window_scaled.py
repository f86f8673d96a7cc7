"""The scale is applied to vectors that are not quantized."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from kvguard_policies import stores
from kvguard_policies.quantizers.affine import AffineVectors
from pytest_kvguard.faults.equivalence import unless_windowed_store
from pytest_kvguard.faults.fault import QUANTIZER, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Multiply the exact window by the mean scale of the last chunk."""

    def read(real: Any, half: stores._Half) -> Tensor:
        vectors: Tensor = real(half)
        packed, exact = vectors.split([half.packed, half.recent.shape[1]], dim=1)
        last = half.chunks[-1] if half.chunks else None
        if not (isinstance(last, AffineVectors) and exact.numel()):
            planting.untouched()
            return vectors
        return torch.cat([packed, exact * last.scale.float().mean().to(exact.dtype)], dim=1)

    planting.method(stores._Half, "read", read)


FAULT = Fault(
    id="exact-window-scaled",
    around=QUANTIZER,
    seen="sgl-project/sglang#18396",
    symptom="repetition and random words",
    seed="the scale of the packed vectors multiplies the exact window, too",
    levels="L",
    plant=plant,
    equivalent=unless_windowed_store,
    edition=SECOND,
)
