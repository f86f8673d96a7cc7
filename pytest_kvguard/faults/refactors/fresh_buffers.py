"""Evicting while generating copies entries into new buffers."""

from __future__ import annotations

from typing import Any

from kvguard_policies.ragged_layer import RaggedLayer
from pytest_kvguard.faults.fault import CACHE, Refactor
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["REFACTOR"]


def plant(planting: Planting, setting: Setting) -> None:
    """Copy the buffers before entries are moved in them."""

    def keep(real: Any, layer: RaggedLayer, *args: Any) -> None:
        layer.keys, layer.values = layer.keys.clone(), layer.values.clone()
        real(layer, *args)

    planting.method(RaggedLayer, "keep_entries", keep)


REFACTOR = Refactor("fresh-buffers", CACHE, "entries are moved in new buffers instead of in place", plant)
