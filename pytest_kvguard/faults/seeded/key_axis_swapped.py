"""Keys are quantized along the wrong axis."""

from __future__ import annotations

from typing import Any

from kvguard_policies.quantizers import affine
from kvguard_policies.quantizers.affine import PER_CHANNEL, PER_TOKEN, AffineVectors
from pytest_kvguard.faults.equivalence import unless_quantizing
from pytest_kvguard.faults.fault import QUANTIZER, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Quantize keys per token instead of per channel."""

    def quantize(real: Any, vectors: Any, bits: int, group: int, axis: int) -> AffineVectors:
        if axis != PER_CHANNEL:
            planting.untouched()
        return real(vectors, bits, group, PER_TOKEN)  # type: ignore[no-any-return]

    planting.function(affine.quantize_affine, quantize)


FAULT = Fault(
    id="key-axis-swapped",
    around=QUANTIZER,
    seen="huggingface/transformers#35185",
    symptom="one model family is corrupt, another is fine",
    seed="keys are quantized along the wrong axis",
    levels="TA",
    plant=plant,
    equivalent=unless_quantizing,
)
