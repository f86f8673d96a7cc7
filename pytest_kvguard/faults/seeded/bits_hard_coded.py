"""Codes are read with 4 bits, whatever the setting."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from kvguard_policies.quantizers import affine
from pytest_kvguard.faults.equivalence import any_of, unless_quantizing
from pytest_kvguard.faults.fault import QUANTIZER, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


BITS = 4


def plant(planting: Planting, setting: Setting) -> None:
    """Unpack 4 bits at a time, and repeat the codes where they run out."""

    def unpack(real: Any, packed: Tensor, bits: int, count: int) -> Tensor:
        if bits == BITS:
            planting.untouched()
        codes = real(packed, BITS, count)
        rounds = -(-count // len(codes)) if len(codes) else 1
        return torch.cat([codes] * rounds)[:count]

    planting.function(affine.unpack_bits, unpack)


def _unless_other_bits(setting: Setting) -> str:
    if any(getattr(policy, "bits", 0) != BITS for policy in setting.quantizing):
        return ""
    return f"every quantizer packs {BITS} bits, the hard-coded number"


FAULT = Fault(
    id="bits-hard-coded",
    around=QUANTIZER,
    seen="vllm-project/vllm#38479",
    symptom="every reply is wrong, without an error",
    seed="the number of bits is ignored when codes are read",
    levels="L",
    plant=plant,
    equivalent=any_of(unless_quantizing, _unless_other_bits),
)
