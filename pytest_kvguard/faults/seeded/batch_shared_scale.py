"""Heads that are quantized together share a scale."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import Tensor

from kvguard_policies.quantizers import affine
from kvguard_policies.quantizers.affine import AffineVectors, pack_bits
from pytest_kvguard.faults.equivalence import any_of, unless_many_heads, unless_quantizing
from pytest_kvguard.faults.fault import QUANTIZER, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Take the minimum and the maximum over the first axis, too, along which heads are stacked."""

    def quantize(real: Any, vectors: Tensor, bits: int, group: int, axis: int) -> AffineVectors:
        packed: AffineVectors = real(vectors, bits, group, axis)
        if len(vectors) == 1:
            planting.untouched()
            return packed
        levels = 2**bits - 1
        zero = packed.zero.amin(0, keepdim=True)
        scale = (packed.zero + packed.scale * levels).amax(0, keepdim=True).sub(zero) / levels
        low, step = (affine._spread(part, group, vectors.shape[axis], axis) for part in (zero, scale))
        codes = ((vectors.float() - low) / step).round().clamp(0, levels).byte()
        scale, zero = (part.expand_as(packed.zero).clone() for part in (scale, zero))
        return replace(packed, codes=pack_bits(codes, bits), scale=scale, zero=zero)

    planting.function(affine.quantize_affine, quantize)


FAULT = Fault(
    id="batch-shared-scale",
    around=QUANTIZER,
    seen="sgl-project/sglang#22777",
    symptom="requests change each other's replies",
    seed="minimum and maximum are taken over the batch axis",
    levels="BM",
    plant=plant,
    equivalent=any_of(unless_quantizing, unless_many_heads),
)
