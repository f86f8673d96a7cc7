"""Queries are attended 24 at a time."""

from __future__ import annotations

from kvguard_policies import kernel
from pytest_kvguard.faults.fault import KERNEL, Refactor
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["REFACTOR"]


def plant(planting: Planting, setting: Setting) -> None:
    """Set another size."""
    planting.value(kernel, "QUERY_BLOCK", 24)


REFACTOR = Refactor("query-block", KERNEL, "queries are attended 24 at a time", plant)
