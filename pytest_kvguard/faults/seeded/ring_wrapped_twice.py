"""A ring that has wrapped twice writes into the wrong slot."""

from __future__ import annotations

from typing import Any

from transformers.cache_utils import DynamicSlidingWindowLayer

from pytest_kvguard.faults.equivalence import unless_own_cache
from pytest_kvguard.faults.fault import CACHE, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Overwrite the newest held token by the oldest once two windows have passed."""

    def update(real: Any, layer: DynamicSlidingWindowLayer, *args: Any, **options: Any) -> Any:
        result = real(layer, *args, **options)
        if layer.cumulative_length <= 2 * layer.sliding_window:
            planting.untouched()
            return result
        layer.keys, layer.values = layer.keys.clone(), layer.values.clone()
        layer.keys[:, :, -1], layer.values[:, :, -1] = layer.keys[:, :, 0], layer.values[:, :, 0]
        return result

    planting.method(DynamicSlidingWindowLayer, "update", update)


FAULT = Fault(
    id="ring-wrapped-twice",
    around=CACHE,
    seen="jundot/omlx#543",
    symptom="requests fail or degenerate after the window has been full for a while",
    seed="the write pointer of a ring is taken for its length",
    levels="L",
    plant=plant,
    equivalent=unless_own_cache("sliding"),
    edition=SECOND,
)
