"""A sliding layer sees one token more than its window."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from kvguard_policies import attention
from pytest_kvguard.faults.equivalence import unless_sliding
from pytest_kvguard.faults.fault import CACHE, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Widen the window by one token when tokens are fed to a cache."""

    def visible(real: Any, before: Tensor, queries: int, entries: int, window: int | None) -> Tensor:
        if window is None:
            planting.untouched()
            return real(before, queries, entries, window)  # type: ignore[no-any-return]
        return real(before, queries, entries, window + 1)  # type: ignore[no-any-return]

    planting.function(attention._visible, visible)


FAULT = Fault(
    id="sliding-window-off-by-one",
    around=CACHE,
    seen="huggingface/transformers#37574",
    symptom="wrong from the token that fills the window",
    seed="the window is one token too wide",
    levels="L",
    plant=plant,
    equivalent=unless_sliding,
)
