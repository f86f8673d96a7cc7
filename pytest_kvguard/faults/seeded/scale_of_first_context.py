"""The first context sets the scales of all others."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from transformers import cache_utils

from pytest_kvguard.faults.equivalence import unless_policy
from pytest_kvguard.faults.fault import QUANTIZER, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Use the first scale that was ever computed."""
    first: list[Tensor] = []

    def quantize(real: Any, layer: Any, tensor: Tensor, scale: Tensor | None = None) -> Any:
        packed, own = real(layer, tensor, scale)
        if scale is not None or not first:
            planting.untouched()
            first.append(own)
            return packed, own
        return real(layer, tensor, first[0])

    if hasattr(cache_utils, "Fp8QuantizedLayer"):
        planting.method(cache_utils.Fp8QuantizedLayer, "_quantize", quantize)


FAULT = Fault(
    id="scale-of-first-context",
    around=QUANTIZER,
    seen="kekzl/imp#89",
    symptom="replies degenerate within 30 tokens after a warm-up",
    seed="a warm-up run counts as the calibration, and scales are never computed again",
    levels="SL",
    plant=plant,
    equivalent=unless_policy("fp8"),
    edition=SECOND,
)
