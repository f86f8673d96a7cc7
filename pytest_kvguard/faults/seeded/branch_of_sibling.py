"""Two replies to one context write into each other's entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from kvguard_policies.compact import CompactLayer
from kvguard_policies.ragged_layer import RaggedLayer
from pytest_kvguard.faults.fault import CACHE, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Copy the new entries of the last of several rows of one context into the others."""
    groups: dict[RaggedLayer, list[list[int]]] = {}

    def fill(real: Any, layer: RaggedLayer, rows: Sequence[CompactLayer], reserve: int) -> None:
        real(layer, rows, reserve)
        same: dict[int, list[int]] = {}
        for number, row in enumerate(rows):
            same.setdefault(id(row), []).append(number)
        groups[layer] = [members for members in same.values() if len(members) > 1]

    def append(real: Any, layer: RaggedLayer, keys: Tensor, values: Tensor) -> None:
        shared = groups.get(layer) if len(layer.lengths) == len(keys) else None
        if not shared:
            planting.untouched()
            return real(layer, keys, values)  # type: ignore[no-any-return]
        keys, values = keys.clone(), values.clone()
        for members in shared:
            inside = [number for number in members if number < len(keys)]
            keys[inside], values[inside] = keys[inside[-1]].clone(), values[inside[-1]].clone()
        return real(layer, keys, values)  # type: ignore[no-any-return]

    planting.method(RaggedLayer, "fill", fill)
    planting.method(RaggedLayer, "_append", append)


FAULT = Fault(
    id="branch-of-sibling",
    around=CACHE,
    seen="Neroued/ninfer#73",
    symptom="a branch is answered from the state of its sibling",
    seed="branches of one context share what they add to it",
    levels="B",
    plant=plant,
    edition=SECOND,
)
