"""Entries of sliding layers count as compressible ones."""

from __future__ import annotations

from typing import Any

from kvguard_policies.compact import CompactCache
from pytest_kvguard.faults.equivalence import unless_sliding
from pytest_kvguard.faults.fault import CACHE, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Count the entries of all layers."""

    def entries(real: Any, cache: CompactCache) -> int:
        if not cache.sliding:
            planting.untouched()
        return sum(sum(layer.counts) for layer in cache.layers)

    planting.method(CompactCache, "entries", entries)


FAULT = Fault(
    id="sliding-entries-counted",
    around=CACHE,
    seen="redhat-performance/configiq#112",
    symptom="the estimate for models with a sliding window is wrong",
    seed="layers with a window are counted like the others",
    levels="M",
    plant=plant,
    equivalent=unless_sliding,
    edition=SECOND,
)
