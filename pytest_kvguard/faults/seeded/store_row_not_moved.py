"""A row of a batch that moves keeps writing into the store of the row that ended."""

from __future__ import annotations

from typing import Any

from kvguard_policies.ragged_layer import RaggedLayer
from pytest_kvguard.faults.equivalence import unless_quantizing
from pytest_kvguard.faults.fault import QUANTIZER, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Leave the stores where they were when the last row moves into a free place."""

    def drop(real: Any, layer: RaggedLayer, row: int) -> None:
        last, ended = len(layer.lengths) - 1, layer.stores.get(row)
        real(layer, row)
        if row == last or ended is None:
            planting.untouched()
            return
        layer.stores[row] = ended

    planting.method(RaggedLayer, "drop", drop)


FAULT = Fault(
    id="store-row-not-moved",
    around=QUANTIZER,
    seen="sgl-project/mini-sglang#142",
    symptom="replies change when another request ends",
    seed="a table still points to the pages that were given back",
    levels="B",
    plant=plant,
    equivalent=unless_quantizing,
    edition=SECOND,
)
