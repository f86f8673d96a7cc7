"""Attention is computed 24 queries at a time."""

from __future__ import annotations

from kvguard_policies import attention
from pytest_kvguard.faults.fault import KERNEL, Refactor
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["REFACTOR"]


def plant(planting: Planting, setting: Setting) -> None:
    """Set the block to 24 queries."""
    planting.value(attention, "QUERY_BLOCK", 24)


REFACTOR = Refactor("query-block", KERNEL, "attention is computed 24 queries at a time", plant)
