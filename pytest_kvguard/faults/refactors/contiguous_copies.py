"""The kernel reads and returns copies."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from pytest_kvguard.faults.fault import KERNEL, Refactor
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["REFACTOR"]


def plant(planting: Planting, setting: Setting) -> None:
    """Copy the kernel's inputs and its output."""

    def attention(attend: Any, query: Tensor, key: Tensor, value: Tensor, seen: Tensor) -> Tensor:
        copies = (tensor.contiguous().clone() for tensor in (query, key, value, seen))
        return attend(*copies).clone()  # type: ignore[no-any-return]

    planting.attention(attention)


REFACTOR = Refactor("contiguous-copies", KERNEL, "the inputs and the output of the kernel are copied", plant)
