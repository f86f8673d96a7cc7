"""A reset cache holds entries of zeros."""

from __future__ import annotations

from typing import Any

from kvguard_policies.ragged_layer import RaggedLayer
from pytest_kvguard.faults.fault import CACHE, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Zero the entries in place and reset the token count, but keep the number of entries."""

    def reset(real: Any, layer: RaggedLayer) -> None:
        layer.keys.zero_()
        layer.values.zero_()
        layer.seen, layer.stores, layer.owner.step = 0, {}, None

    planting.method(RaggedLayer, "reset", reset)


FAULT = Fault(
    id="reset-leaves-zeros",
    around=CACHE,
    seen="huggingface/transformers#48809",
    symptom="entries of zeros after a reset",
    seed="entries are zeroed in place instead of being dropped",
    levels="SN",
    plant=plant,
)
