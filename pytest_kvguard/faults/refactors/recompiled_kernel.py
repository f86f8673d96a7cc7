"""Attention is computed head by head."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pytest_kvguard.faults.fault import KERNEL, Refactor
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["REFACTOR"]


def plant(planting: Planting, setting: Setting) -> None:
    """Compute attention head by head, for which libraries use routines that sum in another order."""

    def attention(attend: Any, query: Tensor, key: Tensor, value: Tensor, seen: Tensor) -> Tensor:
        group = query.shape[1] // key.shape[1]
        many = seen.shape[1] > 1
        parts = [
            attend(
                query[:, head * group : (head + 1) * group],
                key[:, head : head + 1],
                value[:, head : head + 1],
                seen[:, head : head + 1] if many else seen,
            )
            for head in range(key.shape[1])
        ]
        return torch.cat(parts, dim=2)

    planting.attention(attention)


REFACTOR = Refactor("recompiled-kernel", KERNEL, "attention is computed head by head", plant)
