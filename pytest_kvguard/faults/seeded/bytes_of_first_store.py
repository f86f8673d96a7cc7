"""Only one of a layer's stores is counted."""

from __future__ import annotations

from typing import Any

from kvguard_policies.budgets.adakv import AdaKV
from kvguard_policies.compact import PackedLayer
from pytest_kvguard.faults.equivalence import any_of, unless_quantizing
from pytest_kvguard.faults.fault import QUANTIZER, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Count the bytes of the first store of a layer alone."""

    def cache_bytes(real: Any, layer: PackedLayer) -> int:
        if len(layer.stores) == 1:
            planting.untouched()
        return layer.stores[0].nbytes

    planting.method(PackedLayer, "cache_bytes", cache_bytes)


def _unless_uneven(setting: Setting) -> str:
    if any(isinstance(getattr(policy, "base", None), AdaKV) for policy in setting.quantizing):
        return ""
    return "no quantizer stores heads of different counts, each in a store of its own"


FAULT = Fault(
    id="bytes-of-first-store",
    around=QUANTIZER,
    seen="mlcommons/storage#408",
    symptom="bytes that arrive by eviction are reported as 0",
    seed="what an eviction moved is not counted",
    levels="M",
    plant=plant,
    equivalent=any_of(unless_quantizing, _unless_uneven),
    edition=SECOND,
)
