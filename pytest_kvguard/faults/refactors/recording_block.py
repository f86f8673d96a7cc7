"""Attention is recorded 16 queries at a time."""

from __future__ import annotations

from kvguard_policies import observations
from pytest_kvguard.faults.fault import POLICY, Refactor
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["REFACTOR"]


def plant(planting: Planting, setting: Setting) -> None:
    """Set the block to 16 queries."""
    planting.value(observations, "QUERY_BLOCK", 16)


REFACTOR = Refactor("recording-block", POLICY, "attention is recorded 16 queries at a time", plant)
