"""Splits in which a query sees no key count in the combination."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pytest_kvguard.faults.equivalence import unless_kernel
from pytest_kvguard.faults.fault import KERNEL, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


SPLIT = 128


def plant(planting: Planting, setting: Setting) -> None:
    """Weaken the output of a query by the share of splits of 128 that it sees nothing of."""

    def attention(attend: Any, query: Tensor, key: Tensor, value: Tensor, seen: Tensor) -> Tensor:
        output: Tensor = attend(query, key, value, seen)
        splits = torch.nn.functional.pad(seen, (0, -seen.shape[-1] % SPLIT)).unflatten(-1, (-1, SPLIT)).any(-1)
        share = splits.float().mean(-1)
        if bool((share == 1).all()):
            planting.untouched()
            return output
        if share.shape[1] > 1:
            share = share.repeat_interleave(query.shape[1] // share.shape[1], 1)
        return torch.mul(output, share.transpose(1, 2)[..., None].to(output.dtype))

    planting.attention(attention)


FAULT = Fault(
    id="empty-split-leaks",
    around=KERNEL,
    seen="vllm-project/flash-attention#190",
    symptom="outputs are too small at some lengths",
    seed="partial results of splits that ended early are not initialized",
    levels="L",
    plant=plant,
    equivalent=unless_kernel,
    edition=SECOND,
)
