"""Kept entries are selected by a mask instead of by index."""

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
    """Select the kept entries by a mask."""

    def gather(real: Any, vectors: Tensor, kept: Sequence[Tensor]) -> Tensor:
        mask = torch.zeros(vectors.shape[:2], dtype=torch.bool, device=vectors.device)
        for head, index in enumerate(kept):
            mask[head, index] = True
        return vectors[mask]

    planting.function(selection.gather_entries, gather)


REFACTOR = Refactor("mask-gather", CACHE, "entries are selected by a mask instead of by index", plant)
