"""Buffers are larger than necessary."""

from __future__ import annotations

from typing import Any

from kvguard_policies.ragged_layer import RaggedLayer
from pytest_kvguard.faults.fault import CACHE, Refactor
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["REFACTOR"]


def plant(planting: Planting, setting: Setting) -> None:
    """Reserve slots for 17 more tokens."""

    def fill(real: Any, layer: RaggedLayer, rows: Any, reserve: int) -> None:
        real(layer, rows, reserve + 17)

    planting.method(RaggedLayer, "fill", fill)


REFACTOR = Refactor("larger-buffers", CACHE, "buffers are larger than necessary", plant)
