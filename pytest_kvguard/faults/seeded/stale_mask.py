"""The mask of a compressed cache is cut from a mask of another length."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from kvguard_policies import attention
from pytest_kvguard.faults.fault import KERNEL, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Cut the mask of several new tokens from the end of a longer one, where every key is visible."""

    def visible(real: Any, before: Tensor, queries: int, entries: int, window: int | None) -> Tensor:
        seen: Tensor = real(before, queries, entries, window)
        if queries == 1 or entries == queries:
            planting.untouched()
            return seen
        return seen[..., -1:, :].expand_as(seen).contiguous()

    planting.function(attention._visible, visible)


FAULT = Fault(
    id="stale-mask",
    around=KERNEL,
    seen="intel/ipex-llm#11767",
    symptom="wrong only when several tokens are fed after compression",
    seed="the mask is built for the uncompressed length and cut at the wrong end",
    levels="L",
    plant=plant,
)
