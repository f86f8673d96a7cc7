"""The quantizer rounds nothing."""

from __future__ import annotations

from typing import Any

from kvguard_policies.quantizers import affine
from kvguard_policies.quantizers.affine import AffineVectors
from pytest_kvguard.faults.equivalence import unless_quantizing
from pytest_kvguard.faults.fault import QUANTIZER, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Give every number a group of its own, so that it is both minimum and maximum."""

    def quantize(real: Any, vectors: Any, bits: int, group: int, axis: int) -> AffineVectors:
        return real(vectors, bits, 1, axis)  # type: ignore[no-any-return]

    planting.function(affine.quantize_affine, quantize)


FAULT = Fault(
    id="quantizer-no-op",
    around=QUANTIZER,
    seen="rajveer43/VeloxQuant-MLX#162",
    symptom="reported as 2 bits, stored exactly",
    seed="groups have one element",
    levels="M",
    plant=plant,
    equivalent=unless_quantizing,
)
