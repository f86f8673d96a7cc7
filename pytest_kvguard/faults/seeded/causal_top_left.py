"""A causal mask is aligned with the top left corner instead of the bottom right."""

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
    """Let the first of several new queries see the first key alone, the second the first two, and so on."""

    def attention(attend: Any, query: Tensor, key: Tensor, value: Tensor, seen: Tensor) -> Tensor:
        queries, keys = seen.shape[-2:]
        if queries == 1 or queries == keys:
            planting.untouched()
            return attend(query, key, value, seen)  # type: ignore[no-any-return]
        corner = torch.arange(keys, device=seen.device) <= torch.arange(queries, device=seen.device)[:, None]
        return attend(query, key, value, corner.expand_as(seen))  # type: ignore[no-any-return]

    planting.attention(attention)


FAULT = Fault(
    id="causal-top-left",
    around=KERNEL,
    seen="pytorch/pytorch#108108",
    symptom="chunked prefill is wrong",
    seed="is_causal with fewer queries than keys",
    levels="L",
    plant=plant,
    equivalent=unless_kernel,
)
