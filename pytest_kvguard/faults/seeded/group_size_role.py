"""KV heads are indexed by the number of KV heads instead of the group size."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pytest_kvguard.faults.equivalence import any_of, unless_kernel
from pytest_kvguard.faults.fault import KERNEL, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Let query head q read KV head ``q // H`` instead of ``q // G``, which is the same where H equals G."""

    def attention(attend: Any, query: Tensor, key: Tensor, value: Tensor, seen: Tensor) -> Tensor:
        heads, group = key.shape[1], query.shape[1] // key.shape[1]
        number = torch.arange(query.shape[1], device=query.device)
        shift = ((number // heads).clamp(max=heads - 1) - number // group) % heads
        if not shift.any():
            planting.untouched()
        outputs = [
            attend(query, key.roll(-turn, 1), value.roll(-turn, 1), seen.roll(-turn, 1) if len(seen[0]) > 1 else seen)
            for turn in range(int(shift.max()) + 1)
        ]
        return torch.stack(outputs)[shift, :, :, number].permute(1, 2, 0, 3)

    planting.attention(attention)


def _unless_unequal(setting: Setting) -> str:
    if any(1 < shape.kv_heads != shape.group for shape in setting.shapes):
        return ""
    return "every model has one KV head, or as many as query heads per KV head: both ways of indexing agree"


FAULT = Fault(
    id="group-size-role",
    around=KERNEL,
    seen="HazyResearch/HipKittens#22",
    symptom="correct only with as many KV heads as query heads per KV head",
    seed="the number of KV heads is used in place of the group size",
    levels="L",
    plant=plant,
    equivalent=any_of(unless_kernel, _unless_unequal),
)
