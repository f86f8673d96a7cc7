"""Unused slots of the buffers hold junk."""

from __future__ import annotations

from typing import Any

import torch

from kvguard_policies.ragged_layer import RaggedLayer
from pytest_kvguard.faults.fault import CACHE, Refactor
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["REFACTOR"]


def plant(planting: Planting, setting: Setting) -> None:
    """Fill the slots behind each head's entries with sevens."""

    def fill(real: Any, layer: RaggedLayer, *args: Any) -> None:
        real(layer, *args)
        unused = torch.arange(layer.keys.shape[2], device=layer.keys.device) >= layer.lengths[..., None]
        layer.keys[unused] = layer.values[unused] = 7.0

    planting.method(RaggedLayer, "fill", fill)


REFACTOR = Refactor("junk-behind-rows", CACHE, "unused slots of the buffers hold numbers other than zero", plant)
