"""Kept entries are gathered in reverse order, then reversed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from kvguard_policies import selection
from pytest_kvguard.faults.fault import CACHE, Refactor
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["REFACTOR"]


def plant(planting: Planting, setting: Setting) -> None:
    """Gather in reverse order and reverse the result."""

    def gather(real: Any, vectors: Tensor, kept: Sequence[Tensor]) -> Tensor:
        return torch.flip(real(vectors.flip(0), [index.flip(0) for index in reversed(kept)]), [0])

    planting.function(selection.gather_entries, gather)


REFACTOR = Refactor("gather-order", CACHE, "kept entries are gathered in reverse order, then reversed", plant)
