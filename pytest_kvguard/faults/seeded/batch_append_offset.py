"""New entries of all rows are written behind the end of the longest row."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from kvguard_policies.ragged_layer import RaggedLayer
from pytest_kvguard.faults.fault import CACHE, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Write new entries at the longest row's end, and read each row up to its own end."""

    def append(real: Any, layer: RaggedLayer, keys: Tensor, values: Tensor) -> None:
        true, longest = layer.lengths, layer.longest
        if bool((true == longest).all()):
            planting.untouched()
        layer.lengths = torch.full_like(true, longest)
        real(layer, keys, values)
        layer._set_lengths(layer.lengths - longest + true)

    planting.method(RaggedLayer, "_append", append)


FAULT = Fault(
    id="batch-append-offset",
    around=CACHE,
    seen="jundot/omlx#2201",
    symptom="correct alone, 53 % correct in a batch of 4",
    seed="new entries are appended at the offset of the longest row",
    levels="B",
    plant=plant,
)
