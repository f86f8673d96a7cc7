"""The first tokens of a context set its scale."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from transformers import cache_utils

from pytest_kvguard.faults.equivalence import unless_policy
from pytest_kvguard.faults.fault import QUANTIZER, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


CALIBRATED = 13


def plant(planting: Planting, setting: Setting) -> None:
    """Compute the scale of a context from its first 13 tokens; larger numbers are clipped."""

    def quantize(real: Any, layer: Any, tensor: Tensor, scale: Tensor | None = None) -> Any:
        if scale is not None or tensor.shape[-2] <= CALIBRATED:
            planting.untouched()
            return real(layer, tensor, scale)
        _, scale = real(layer, tensor[..., :CALIBRATED, :])
        largest = layer.fp8_max * scale
        return real(layer, tensor.float().clamp(-largest, largest), scale)

    if hasattr(cache_utils, "Fp8QuantizedLayer"):
        planting.method(cache_utils.Fp8QuantizedLayer, "_quantize", quantize)


FAULT = Fault(
    id="scale-of-first-tokens",
    around=QUANTIZER,
    seen="Avarok-Cybersecurity/atlas#1008",
    symptom="a long context is stored with the scale of its first tokens",
    seed="the calibration ends after 13 tokens, whatever was asked",
    levels="LM",
    plant=plant,
    equivalent=unless_policy("fp8"),
    edition=SECOND,
)
