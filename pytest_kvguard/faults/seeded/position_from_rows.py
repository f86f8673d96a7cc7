"""The position of the next token is the number of kept entries."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kvguard_policies import compression
from kvguard_policies.hf_cache import CompactCache
from pytest_kvguard.faults.equivalence import unless_evicting
from pytest_kvguard.faults.fault import CACHE, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Use the number of kept entries as the next token's position."""

    def compress(real: Any, *args: Any) -> CompactCache:
        cache: CompactCache = real(*args)
        return replace(cache, seen_tokens=max(max(layer.counts, default=0) for layer in cache.layers))

    planting.function(compression.compress, compress)


FAULT = Fault(
    id="position-from-rows",
    around=CACHE,
    seen="rajveer43/VeloxQuant-MLX#389",
    symptom="replies loop after eviction",
    seed="the next position is the number of kept entries",
    levels="LT",
    plant=plant,
    equivalent=unless_evicting,
)
