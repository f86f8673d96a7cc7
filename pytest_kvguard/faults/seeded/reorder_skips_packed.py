"""Rows that move take their exact window along, but not their packed entries."""

from __future__ import annotations

from typing import Any

from kvguard_policies.ragged_layer import RaggedLayer
from pytest_kvguard.faults.equivalence import unless_quantizing
from pytest_kvguard.faults.fault import QUANTIZER, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Put the packed entries back where they were after a row has moved."""

    def drop(real: Any, layer: RaggedLayer, row: int) -> None:
        last = len(layer.lengths) - 1
        moving = layer.stores.get(last) if row != last else None
        packed = int(layer.lengths[last, 0]) - max(moving[0].exact_tokens) if moving else 0
        before = [buffer[row, :, : max(0, packed)].clone() for buffer in (layer.keys, layer.values)]
        real(layer, row)
        if packed <= 0:
            planting.untouched()
            return
        for buffer, old in zip((layer.keys, layer.values), before, strict=True):
            buffer[row, :, :packed] = old

    planting.method(RaggedLayer, "drop", drop)


FAULT = Fault(
    id="reorder-skips-packed",
    around=QUANTIZER,
    seen="huggingface/transformers#48700",
    symptom="beam search reads states of another beam",
    seed="only the exact window is reordered",
    levels="B",
    plant=plant,
    equivalent=unless_quantizing,
    edition=SECOND,
)
