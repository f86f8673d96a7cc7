"""In a batch, the exact window does not count as held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from kvguard_policies.compact import CompactLayer, PackedLayer
from kvguard_policies.ragged_layer import RaggedLayer
from pytest_kvguard.faults.equivalence import unless_quantizing
from pytest_kvguard.faults.fault import QUANTIZER, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Shorten the rows of a batch by their exact windows, which new tokens then overwrite."""

    def fill(real: Any, layer: RaggedLayer, rows: Sequence[CompactLayer], reserve: int) -> None:
        real(layer, rows, reserve)
        exact = [row.stores[0].exact_tokens[0] if isinstance(row, PackedLayer) else 0 for row in rows]
        if len(rows) == 1 or not any(exact):
            planting.untouched()
            return
        shorter = torch.tensor(exact, device=layer.lengths.device)[:, None]
        layer._set_lengths((layer.lengths - shorter).clamp(min=1))

    planting.method(RaggedLayer, "fill", fill)


FAULT = Fault(
    id="residual-not-counted",
    around=QUANTIZER,
    seen="lablup/mlxcel#76",
    symptom="rows of a quantized batch are masked wrongly",
    seed="the length of a row is taken from its packed entries alone",
    levels="NB",
    plant=plant,
    equivalent=unless_quantizing,
    edition=SECOND,
)
