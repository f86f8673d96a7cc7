"""One of several splits of a long cache is lost."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pytest_kvguard.faults.equivalence import unless_kernel
from pytest_kvguard.faults.fault import KERNEL, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


SPLIT = 256


def plant(planting: Planting, setting: Setting) -> None:
    """Drop the keys of the second split of 256 where more than 512 keys are held."""

    def attention(attend: Any, query: Tensor, key: Tensor, value: Tensor, seen: Tensor) -> Tensor:
        if key.shape[2] <= 2 * SPLIT:
            planting.untouched()
            return attend(query, key, value, seen)  # type: ignore[no-any-return]
        index = torch.arange(key.shape[2], device=key.device)
        lost = (index >= SPLIT) & (index < 2 * SPLIT)
        own = index == index[-1]
        return attend(query, key, value, seen & (~lost | own | ~(seen & ~lost).any(-1, keepdim=True)))  # type: ignore[no-any-return]

    planting.attention(attention)


FAULT = Fault(
    id="split-lost",
    around=KERNEL,
    seen="flashinfer-ai/flashinfer#4749",
    symptom="long contexts are answered wrongly, short ones are not",
    seed="one split is left out when partial results are combined",
    levels="L",
    plant=plant,
    equivalent=unless_kernel,
    edition=SECOND,
)
