"""Kept entries are gathered by indices of 32 bits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from kvguard_policies import selection
from pytest_kvguard.faults.fault import CACHE, Refactor
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["REFACTOR"]


def plant(planting: Planting, setting: Setting) -> None:
    """Convert the indices to int32."""

    def gather(real: Any, vectors: Tensor, kept: Sequence[Tensor]) -> Tensor:
        return real(vectors, [index.int() for index in kept])  # type: ignore[no-any-return]

    planting.function(selection.gather_entries, gather)


REFACTOR = Refactor("index-dtype", CACHE, "indices have 32 bits", plant)
