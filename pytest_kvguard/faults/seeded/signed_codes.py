"""Unsigned codes are read as signed ones."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from kvguard_policies.quantizers import affine
from pytest_kvguard.faults.equivalence import unless_windowed_store
from pytest_kvguard.faults.fault import QUANTIZER, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Read a code of 2 ** (bits - 1) or more as negative."""

    def unpack(real: Any, packed: Tensor, bits: int, count: int) -> Tensor:
        codes: Tensor = real(packed, bits, count).to(torch.int16)
        return torch.where(codes >= 2 ** (bits - 1), codes - 2**bits, codes)

    planting.function(affine.unpack_bits, unpack)


FAULT = Fault(
    id="signed-codes",
    around=QUANTIZER,
    seen="1bit-MONSTER/1bit-MONSTER#1268",
    symptom="numbers have the wrong mean",
    seed="codes in the upper half of their range are read as negative",
    levels="LM",
    plant=plant,
    equivalent=unless_windowed_store,
    edition=SECOND,
)
