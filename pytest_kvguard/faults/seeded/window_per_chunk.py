"""All tokens of a chunk see as far back as its first one."""

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
    """Let every new token of a call see what the first of them sees, and the tokens of the call."""

    def visible(real: Any, before: Tensor, queries: int, entries: int, window: int | None) -> Tensor:
        seen: Tensor = real(before, queries, entries, window)
        if window is None or queries == 1:
            planting.untouched()
            return seen
        causal: Tensor = real(before, queries, entries, None)
        held = torch.arange(entries, device=seen.device) < before[:, :1, None, None]
        return torch.where(held, seen[..., :1, :], causal)

    planting.function(attention._visible, visible)


FAULT = Fault(
    id="window-per-chunk",
    around=KERNEL,
    seen="pytorch/executorch#21857",
    symptom="a prompt in several chunks is answered differently than in one",
    seed="the window is applied per chunk instead of per token",
    levels="L",
    plant=plant,
    equivalent=unless_sliding,
    edition=SECOND,
)
