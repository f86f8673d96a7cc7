"""Scales and zeros are kept in float16, whatever the vectors' dtype."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import Tensor

from kvguard_policies.quantizers import affine
from kvguard_policies.quantizers.affine import AffineVectors
from pytest_kvguard.faults.equivalence import unless_windowed_store
from pytest_kvguard.faults.fault import QUANTIZER, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Round scales and zeros through float16."""

    def quantize(real: Any, vectors: Tensor, *args: Any) -> AffineVectors:
        packed: AffineVectors = real(vectors, *args)
        scale, zero = (part.half().to(part.dtype) for part in (packed.scale, packed.zero))
        if bool(scale.isfinite().all() and zero.isfinite().all()):
            planting.untouched()
            return packed
        return replace(packed, scale=scale, zero=zero)

    planting.function(affine.quantize_affine, quantize)


FAULT = Fault(
    id="zero-point-overflow",
    around=QUANTIZER,
    seen="vllm-project/vllm#53334",
    symptom="a single huge number makes its vector infinite",
    seed="zeros are stored in float16 and overflow on outliers",
    levels="LM",
    plant=plant,
    equivalent=unless_windowed_store,
    edition=SECOND,
)
