"""Every reply is decoded in a batch of its own."""

from __future__ import annotations

from pytest_kvguard.engine import room
from pytest_kvguard.faults.fault import HARNESS, Refactor
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["REFACTOR"]


def plant(planting: Planting, setting: Setting) -> None:
    """Set another size."""
    planting.value(room, "MOST_ROWS", 1)


REFACTOR = Refactor("single-rows", HARNESS, "every reply is decoded alone", plant)
