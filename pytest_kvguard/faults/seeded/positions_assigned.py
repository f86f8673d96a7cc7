"""The length of a cache is assigned instead of increased."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from kvguard_policies.ragged_layer import RaggedLayer
from pytest_kvguard.faults.fault import CACHE, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Let the reported length be the context's plus that of the newest call."""
    contexts: dict[RaggedLayer, int] = {}

    def fill(real: Any, layer: RaggedLayer, *args: Any) -> None:
        real(layer, *args)
        contexts.pop(layer, None)

    def update(real: Any, layer: RaggedLayer, keys: Tensor, values: Tensor, *args: Any, **options: Any) -> Any:
        known = layer in contexts
        start = contexts.setdefault(layer, layer.seen)
        result = real(layer, keys, values, *args, **options)
        if not known:
            planting.untouched()
        layer.seen = start + keys.shape[2]
        return result

    planting.method(RaggedLayer, "fill", fill)
    planting.method(RaggedLayer, "update", update)


FAULT = Fault(
    id="positions-assigned",
    around=CACHE,
    seen="huggingface/transformers#35350",
    symptom="positions are confused after the first token",
    seed="the length of the newest call replaces the length so far",
    levels="LN",
    plant=plant,
    edition=SECOND,
)
