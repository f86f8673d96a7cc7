"""The kernel reads tensors that are not contiguous."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from pytest_kvguard.faults.fault import KERNEL, Refactor
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["REFACTOR"]


def plant(planting: Planting, setting: Setting) -> None:
    """Store queries, keys and values with two axes swapped in memory."""

    def attention(attend: Any, query: Tensor, key: Tensor, value: Tensor, seen: Tensor) -> Tensor:
        swapped = (part.transpose(1, 2).contiguous().transpose(1, 2) for part in (query, key, value))
        return attend(*swapped, seen)  # type: ignore[no-any-return]

    planting.attention(attention)


REFACTOR = Refactor("strided-tensors", KERNEL, "queries, keys and values have another memory layout", plant)
