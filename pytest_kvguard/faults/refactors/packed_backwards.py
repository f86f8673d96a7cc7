"""Codes are packed in reverse order."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from kvguard_policies.quantizers import affine
from pytest_kvguard.faults.fault import QUANTIZER, Refactor
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["REFACTOR"]


def plant(planting: Planting, setting: Setting) -> None:
    """Reverse the codes before packing and after unpacking."""

    def pack(real: Any, codes: Tensor, bits: int) -> Tensor:
        return real(codes.flatten().flip(0), bits)  # type: ignore[no-any-return]

    def unpack(real: Any, packed: Tensor, bits: int, count: int) -> Tensor:
        return real(packed, bits, count).flip(0)  # type: ignore[no-any-return]

    planting.function(affine.pack_bits, pack)
    planting.function(affine.unpack_bits, unpack)


REFACTOR = Refactor("packed-backwards", QUANTIZER, "codes are packed in reverse order", plant)
