"""A chunk longer than two windows overwrites what its first tokens still see."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from kvguard_policies import attention
from pytest_kvguard.faults.equivalence import unless_sliding
from pytest_kvguard.faults.fault import KERNEL, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Hide the entries held before a call of more than two windows of tokens."""

    def visible(real: Any, before: Tensor, queries: int, entries: int, window: int | None) -> Tensor:
        seen: Tensor = real(before, queries, entries, window)
        if window is None or queries <= 2 * window or not before.any():
            planting.untouched()
            return seen
        return seen & (torch.arange(entries, device=seen.device) >= before[:, :1, None, None])

    planting.function(attention._visible, visible)


FAULT = Fault(
    id="chunk-overruns-window",
    around=KERNEL,
    seen="pytorch/executorch#20346",
    symptom="long prompts in chunks change the output",
    seed="a chunk does not fit the ring that holds the window",
    levels="L",
    plant=plant,
    equivalent=unless_sliding,
    edition=SECOND,
)
