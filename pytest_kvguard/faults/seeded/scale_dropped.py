"""Codes are read without their scale."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from kvguard_policies.quantizers.affine import AffineVectors
from pytest_kvguard.faults.equivalence import unless_quantizing
from pytest_kvguard.faults.fault import QUANTIZER, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Read every group with a scale of 1."""

    def unpack(real: Any, packed: AffineVectors) -> Tensor:
        return real(replace(packed, scale=torch.ones_like(packed.scale)))  # type: ignore[no-any-return]

    planting.method(AffineVectors, "unpack", unpack)


FAULT = Fault(
    id="scale-dropped",
    around=QUANTIZER,
    seen="vllm-project/vllm#42580",
    symptom="replies are random words",
    seed="codes are read without the scale",
    levels="L",
    plant=plant,
    equivalent=unless_quantizing,
)
