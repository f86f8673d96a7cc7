"""Evicting in one layer changes the lengths of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from kvguard_policies.ragged_layer import RaggedLayer
from pytest_kvguard.faults.equivalence import unless_holding
from pytest_kvguard.faults.fault import CACHE, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Write the lengths of a row into the tensor that other layers share."""

    def keep(real: Any, layer: RaggedLayer, row: int, kept: Sequence[Tensor]) -> None:
        shared = layer.lengths
        real(layer, row, kept)
        shared.copy_(layer.lengths)
        layer.lengths = shared

    planting.method(RaggedLayer, "keep_entries", keep)


FAULT = Fault(
    id="lengths-mutated",
    around=CACHE,
    seen="ml-explore/mlx-lm#1699",
    symptom="repetition loops in batches",
    seed="lengths that layers share are changed in place",
    levels="NL",
    plant=plant,
    equivalent=unless_holding,
    edition=SECOND,
)
