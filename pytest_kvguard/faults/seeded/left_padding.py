"""A query that may see no key outputs NaN."""

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
    """Output NaN for fully masked queries, as a softmax without an unmasked key does."""

    def attention(attend: Any, query: Tensor, key: Tensor, value: Tensor, seen: Tensor) -> Tensor:
        output: Tensor = attend(query, key, value, seen)
        blind = ~seen.any(-1)
        if not blind.any():
            planting.untouched()
            return output
        group = query.shape[1] // blind.shape[1] if blind.shape[1] > 1 else 1
        return output.masked_fill(blind.repeat_interleave(group, 1).transpose(1, 2)[..., None], torch.nan)

    planting.attention(attention)


FAULT = Fault(
    id="left-padding",
    around=KERNEL,
    seen="huggingface/transformers#47651",
    symptom="NaN or junk on padded rows",
    seed="a fully masked query is not unmasked",
    levels="BL",
    plant=plant,
    equivalent=unless_kernel,
)
