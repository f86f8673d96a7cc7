"""Batches and their rows run in reverse order."""

from __future__ import annotations

from typing import Any

from pytest_kvguard.engine import waiting
from pytest_kvguard.faults.fault import HARNESS, Refactor
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["REFACTOR"]


def plant(planting: Planting, setting: Setting) -> None:
    """Reverse the batches, and the rows of each."""

    def batches(real: Any, *args: Any) -> Any:
        return [list(reversed(batch)) for batch in reversed(real(*args))]

    planting.function(waiting._batches, batches)


REFACTOR = Refactor("batch-order", HARNESS, "batches and their rows run in reverse order", plant)
