"""Buffers grow by one entry at a time."""

from __future__ import annotations

from kvguard_policies import ragged_layer
from pytest_kvguard.faults.fault import CACHE, Refactor
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["REFACTOR"]


def plant(planting: Planting, setting: Setting) -> None:
    """Set the growth to one entry."""
    planting.value(ragged_layer, "GROWTH_ENTRIES", 1)


REFACTOR = Refactor("growth-rows", CACHE, "buffers grow by one entry at a time", plant)
