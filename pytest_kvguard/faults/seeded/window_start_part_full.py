"""A window that is part full is read from the wrong start."""

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
    """Skip the oldest entry while fewer entries are held than the window has."""

    def visible(real: Any, before: Tensor, queries: int, entries: int, window: int | None) -> Tensor:
        seen: Tensor = real(before, queries, entries, window)
        if window is None or not 0 < int(before.max()) < window - 1:
            planting.untouched()
            return seen
        return seen & (torch.arange(entries, device=seen.device) > 0)

    planting.function(attention._visible, visible)


FAULT = Fault(
    id="window-start-part-full",
    around=KERNEL,
    seen="huggingface/transformers#47708",
    symptom="short prompts degenerate while generating",
    seed="the start of the window is the length modulo the window, also before it is full",
    levels="L",
    plant=plant,
    equivalent=unless_sliding,
    edition=SECOND,
)
