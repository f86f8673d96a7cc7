"""New entries are written into the first slot."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from kvguard_policies.ragged_layer import RaggedLayer
from pytest_kvguard.faults.fault import CACHE, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Write new entries over the first one, and zeros into their own slots."""

    def append(real: Any, layer: RaggedLayer, keys: Tensor, values: Tensor) -> None:
        real(layer, keys * 0, values * 0)
        layer.keys[:, :, 0], layer.values[:, :, 0] = keys[:, :, -1], values[:, :, -1]

    planting.method(RaggedLayer, "_append", append)


FAULT = Fault(
    id="slots-zeroed",
    around=CACHE,
    seen="vllm-project/vllm-omni#4178",
    symptom="garbled output without an error",
    seed="every new entry is mapped to slot 0",
    levels="L",
    plant=plant,
)
