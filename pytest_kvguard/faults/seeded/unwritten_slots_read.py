"""A window that is not full yet attends to slots that were never written."""

from __future__ import annotations

from typing import Any

from transformers.cache_utils import DynamicSlidingWindowLayer

from pytest_kvguard.faults.equivalence import unless_own_cache
from pytest_kvguard.faults.fault import CACHE, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Replace the oldest held token by zeros while the window is part full."""

    def update(real: Any, layer: DynamicSlidingWindowLayer, *args: Any, **options: Any) -> Any:
        held = layer.cumulative_length
        keys, values = real(layer, *args, **options)
        if not 0 < held < layer.sliding_window - 1:
            planting.untouched()
            return keys, values
        keys, values = keys.clone(), values.clone()
        keys[:, :, 0], values[:, :, 0] = 0, 0
        return keys, values

    planting.method(DynamicSlidingWindowLayer, "update", update)


FAULT = Fault(
    id="unwritten-slots-read",
    around=CACHE,
    seen="huggingface/transformers#45940",
    symptom="short prompts are wrong, long ones are right",
    seed="the mask covers the whole window before it is full",
    levels="L",
    plant=plant,
    equivalent=unless_own_cache("sliding"),
    edition=SECOND,
)
