"""Short rows of a batch attend to the buffer behind their end."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from kvguard_policies import attention
from pytest_kvguard.faults.fault import KERNEL, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Use the end of the longest row for every row."""

    def visible(real: Any, before: Tensor, queries: int, entries: int, window: int | None) -> Tensor:
        if window is not None or (before == before.max()).all():
            planting.untouched()
            return real(before, queries, entries, window)  # type: ignore[no-any-return]
        return real(before.amax().expand_as(before), queries, entries, window)  # type: ignore[no-any-return]

    planting.function(attention._visible, visible)


FAULT = Fault(
    id="tail-unmasked",
    around=KERNEL,
    seen="vllm-project/vllm#43961",
    symptom="garbage after the cache was full once",
    seed="the buffer behind the end of a row is not masked",
    levels="LB",
    plant=plant,
)
