"""The reported ratio is multiplied where it should be averaged."""

from __future__ import annotations

from pytest_kvguard.faults.fault import HARNESS, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting
from pytest_kvguard.values.results import CacheReport

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Report the square of the removed fraction."""
    planting.method(CacheReport, "achieved_ratio", lambda real, report: real(report) ** 2)


FAULT = Fault(
    id="ratio-multiplied",
    around=HARNESS,
    seen="NVIDIA/kvpress#146",
    symptom="the reported ratio is not that of the cache",
    seed="removed fractions are multiplied as if they were kept ones",
    levels="M",
    plant=plant,
    edition=SECOND,
)
