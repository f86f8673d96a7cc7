"""Every head has a mask of its own."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from pytest_kvguard.faults.fault import KERNEL, Refactor
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["REFACTOR"]


def plant(planting: Planting, setting: Setting) -> None:
    """Expand the mask to one per row of the batch and KV head."""

    def attention(attend: Any, query: Tensor, key: Tensor, value: Tensor, seen: Tensor) -> Tensor:
        masks = seen.expand(query.shape[0], key.shape[1], -1, -1).contiguous()
        return attend(query, key, value, masks)  # type: ignore[no-any-return]

    planting.attention(attention)


REFACTOR = Refactor("per-head-masks", KERNEL, "the mask is expanded to one per row and head", plant)
