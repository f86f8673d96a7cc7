"""Quantized entries are copied twice."""

from __future__ import annotations

from typing import Any

from kvguard_policies.stores import WindowedStore
from pytest_kvguard.faults.fault import QUANTIZER, Refactor
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["REFACTOR"]


def plant(planting: Planting, setting: Setting) -> None:
    """Copy every copy."""

    def copied(real: Any, store: WindowedStore) -> Any:
        return real(real(store))

    planting.method(WindowedStore, "copy", copied)


REFACTOR = Refactor("copied-stores", QUANTIZER, "quantized entries are copied twice", plant)
