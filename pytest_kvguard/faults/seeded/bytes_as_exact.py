"""A quantized cache is reported with the bytes of an exact one."""

from __future__ import annotations

from kvguard_policies.compact import PackedLayer
from pytest_kvguard.faults.equivalence import unless_quantizing
from pytest_kvguard.faults.fault import QUANTIZER, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Report the bytes of the unpacked entries."""
    planting.method(PackedLayer, "cache_bytes", lambda real, layer: layer.keys.nbytes + layer.values.nbytes)


FAULT = Fault(
    id="bytes-as-exact",
    around=QUANTIZER,
    seen="ollama/ollama#7965",
    symptom="21 GB are reported, 13 GB are used",
    seed="the size is computed from the number of entries, whatever their bits",
    levels="M",
    plant=plant,
    equivalent=unless_quantizing,
    edition=SECOND,
)
