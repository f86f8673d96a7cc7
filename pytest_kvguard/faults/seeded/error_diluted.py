"""The reported quantization error includes vectors that were not quantized."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from kvguard_policies import quantization
from pytest_kvguard.faults.equivalence import unless_windowed_store
from pytest_kvguard.faults.fault import QUANTIZER, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Measure the error over all vectors, and call all of them packed."""

    def add(real: Any, sums: Any, exact: Tensor, read: Tensor, exact_tokens: int) -> None:
        if not exact_tokens or exact_tokens == exact.shape[1]:
            planting.untouched()
        real(sums, exact, read, 0 if exact_tokens < exact.shape[1] else exact_tokens)

    planting.method(quantization._Sums, "add", add)


FAULT = Fault(
    id="error-diluted",
    around=QUANTIZER,
    seen="tonbistudio/turboquant-pytorch#14",
    symptom="2 bits are reported as nearly lossless",
    seed="the error is measured over all vectors, most of which are exact",
    levels="M",
    plant=plant,
    equivalent=unless_windowed_store,
    edition=SECOND,
)
