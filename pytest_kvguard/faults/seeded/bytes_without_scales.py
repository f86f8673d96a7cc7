"""Scales and zeros are left out of the reported bytes."""

from __future__ import annotations

from kvguard_policies.quantizers.affine import AffineVectors
from pytest_kvguard.faults.equivalence import unless_windowed_store
from pytest_kvguard.faults.fault import QUANTIZER, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Count the bytes of the codes alone."""
    planting.method(AffineVectors, "nbytes", lambda real, packed: packed.codes.nbytes)


FAULT = Fault(
    id="bytes-without-scales",
    around=QUANTIZER,
    seen="Pushkinist/rMLX#246",
    symptom="the reported size does not change when a buffer is added",
    seed="bytes are counted for the codes alone",
    levels="M",
    plant=plant,
    equivalent=unless_windowed_store,
    edition=SECOND,
)
