"""Rows of one context share the state of their evictions."""

from __future__ import annotations

from pytest_kvguard.engine import hold
from pytest_kvguard.faults.equivalence import any_of, unless_holding, unless_observed
from pytest_kvguard.faults.fault import HARNESS, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Let all rows of a context, and their copies, use one recorder."""
    planting.function(hold._own_recorder, lambda real, shared, policy: shared)


FAULT = Fault(
    id="held-state-shared",
    around=HARNESS,
    seen="scouzi1966/maclocal-api#83",
    symptom="concurrent requests change each other's replies",
    seed="rows read live state that another row changes, instead of a snapshot",
    levels="BS",
    plant=plant,
    equivalent=any_of(unless_holding, unless_observed()),
    edition=SECOND,
)
