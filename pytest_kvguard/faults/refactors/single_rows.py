"""Every reply is decoded in a batch of one."""

from __future__ import annotations

from typing import Any

from pytest_kvguard.engine import waiting
from pytest_kvguard.faults.fault import HARNESS, Refactor
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["REFACTOR"]


def plant(planting: Planting, setting: Setting) -> None:
    """Split every batch into batches of one row."""

    def batches(real: Any, *args: Any) -> Any:
        return [[job] for batch in real(*args) for job in batch]

    planting.function(waiting._batches, batches)


REFACTOR = Refactor("single-rows", HARNESS, "every reply is decoded in a batch of one", plant)
