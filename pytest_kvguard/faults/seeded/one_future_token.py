"""Every query attends to the next token, too."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pytest_kvguard.faults.equivalence import unless_kernel
from pytest_kvguard.faults.fault import KERNEL, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Shift the diagonal of the mask by one."""

    def attention(attend: Any, query: Tensor, key: Tensor, value: Tensor, seen: Tensor) -> Tensor:
        return attend(query, key, value, seen | torch.nn.functional.pad(seen, (1, -1)))  # type: ignore[no-any-return]

    planting.attention(attention)


FAULT = Fault(
    id="one-future-token",
    around=KERNEL,
    seen="flashinfer-ai/flashinfer#348",
    symptom="queries attend to the next token",
    seed="the diagonal of the mask is shifted by one",
    levels="L",
    plant=plant,
    equivalent=unless_kernel,
)
