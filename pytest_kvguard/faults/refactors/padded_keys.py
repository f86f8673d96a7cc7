"""The kernel reads masked padding behind the keys and values."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pytest_kvguard.faults.fault import KERNEL, Refactor
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["REFACTOR"]


def plant(planting: Planting, setting: Setting) -> None:
    """Append eight masked keys and values of ones."""

    def attention(attend: Any, query: Tensor, key: Tensor, value: Tensor, seen: Tensor) -> Tensor:
        key, value = (torch.nn.functional.pad(half, (0, 0, 0, 8), value=1.0) for half in (key, value))
        return attend(query, key, value, torch.nn.functional.pad(seen, (0, 8)))  # type: ignore[no-any-return]

    planting.attention(attention)


REFACTOR = Refactor("padded-keys", KERNEL, "keys and values have masked padding behind them", plant)
