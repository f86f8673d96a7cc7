"""Keys that are held are rotated again at every step."""

from __future__ import annotations

from typing import Any

import torch
from transformers.cache_utils import DynamicSlidingWindowLayer

from pytest_kvguard.faults.equivalence import unless_own_cache
from pytest_kvguard.faults.fault import CACHE, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


COS, SIN = 0.995, 0.0998
"""Of an angle of 0.1."""


def plant(planting: Planting, setting: Setting) -> None:
    """Turn the held keys a little after every token once the window is full."""

    def update(real: Any, layer: DynamicSlidingWindowLayer, *args: Any, **options: Any) -> Any:
        result = real(layer, *args, **options)
        if layer.cumulative_length <= layer.sliding_window:
            planting.untouched()
            return result
        low, high = layer.keys.float().chunk(2, dim=-1)
        turned = torch.cat([low * COS + high * SIN, high * COS - low * SIN], dim=-1)
        layer.keys = turned.to(layer.keys.dtype)
        return result

    planting.method(DynamicSlidingWindowLayer, "update", update)


FAULT = Fault(
    id="keys-rerotated",
    around=CACHE,
    seen="huggingface/transformers#33691",
    symptom="text falls apart once the window is full",
    seed="held keys are shifted by one position per token, queries are not",
    levels="L",
    plant=plant,
    equivalent=unless_own_cache("sliding"),
    edition=SECOND,
)
