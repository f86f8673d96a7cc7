"""Groups of equal numbers get an infinite scale in float16."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from kvguard_policies.quantizers import affine
from kvguard_policies.quantizers.affine import AffineVectors
from pytest_kvguard.faults.equivalence import unless_windowed_store
from pytest_kvguard.faults.fault import QUANTIZER, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Give groups without a range an infinite scale where the vectors are float16."""

    def quantize(real: Any, vectors: Tensor, bits: int, group: int, axis: int) -> AffineVectors:
        packed: AffineVectors = real(vectors, bits, group, axis)
        levels = affine.unpack_bits(packed.codes, bits, vectors.numel()).view(packed.shape)
        largest = affine._spread(packed.scale, group, vectors.shape[axis], axis) * levels
        constant = packed.scale.eq(1) & largest.eq(0).all()
        if vectors.dtype != torch.float16 or not constant.any():
            planting.untouched()
            return packed
        return replace(packed, scale=packed.scale.masked_fill(constant, torch.inf))

    planting.function(affine.quantize_affine, quantize)


FAULT = Fault(
    id="constant-group-overflow",
    around=QUANTIZER,
    seen="openvinotoolkit/openvino#37095",
    symptom="accuracy falls on long contexts, in half precision only",
    seed="the inverse of a tiny range is kept in float16",
    levels="L",
    plant=plant,
    equivalent=unless_windowed_store,
    edition=SECOND,
)
