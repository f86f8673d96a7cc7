"""The unpacked copy of a context counts as bytes of its cache."""

from __future__ import annotations

from typing import Any

from kvguard_policies.compact import PackedLayer
from pytest_kvguard.faults.equivalence import unless_quantizing
from pytest_kvguard.faults.fault import QUANTIZER, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Add the bytes of the unpacked copy."""

    def cache_bytes(real: Any, layer: PackedLayer) -> int:
        return int(real(layer)) + layer.keys.nbytes + layer.values.nbytes

    planting.method(PackedLayer, "cache_bytes", cache_bytes)


FAULT = Fault(
    id="bytes-counted-twice",
    around=QUANTIZER,
    seen="Pushkinist/rMLX#39",
    symptom="the reported size is twice the expected one",
    seed="a second copy of the entries is counted, too",
    levels="M",
    plant=plant,
    equivalent=unless_quantizing,
    edition=SECOND,
)
