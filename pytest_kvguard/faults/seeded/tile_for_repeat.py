"""Query heads read KV heads in turn instead of one per KV group."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pytest_kvguard.faults.equivalence import any_of, unless_grouped, unless_kernel
from pytest_kvguard.faults.fault import KERNEL, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Let query head q read KV head ``q % H`` instead of ``q // G``."""

    def attention(attend: Any, query: Tensor, key: Tensor, value: Tensor, seen: Tensor) -> Tensor:
        heads, group = key.shape[1], query.shape[1] // key.shape[1]
        if heads == 1 or group == 1:
            planting.untouched()
        number = torch.arange(query.shape[1], device=query.device)
        slots = number % heads * group + number // heads
        return attend(query[:, slots.argsort()], key, value, seen)[:, :, slots]  # type: ignore[no-any-return]

    planting.attention(attention)


FAULT = Fault(
    id="tile-for-repeat",
    around=KERNEL,
    seen="onnx/onnx#7274",
    symptom="query heads read the wrong KV head",
    seed="KV heads are tiled instead of repeated",
    levels="L",
    plant=plant,
    equivalent=any_of(unless_kernel, unless_grouped),
)
