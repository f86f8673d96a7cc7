"""A buffer that grows for the second time loses its newest entry."""

from __future__ import annotations

from typing import Any

from kvguard_policies.ragged_layer import RaggedLayer
from pytest_kvguard.faults.fault import CACHE, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Zero the newest entry when a buffer grows again."""
    grown: set[RaggedLayer] = set()

    def grow(real: Any, layer: RaggedLayer, entries: int) -> None:
        if layer not in grown:
            planting.untouched()
            grown.add(layer)
        else:
            layer.keys[:, :, layer.longest - 1], layer.values[:, :, layer.longest - 1] = 0, 0
        real(layer, entries)

    planting.method(RaggedLayer, "_grow", grow)


FAULT = Fault(
    id="second-growth-cuts",
    around=CACHE,
    seen="ollama/ollama#14912",
    symptom="state is corrupt once the buffer has been enlarged twice",
    seed="the growth is computed from an offset past the buffer's end",
    levels="L",
    plant=plant,
    edition=SECOND,
)
