"""The keep rate of a span is its share of the kept entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_kvguard.engine.jobs import KeptEntries
from pytest_kvguard.faults.equivalence import unless_evicting
from pytest_kvguard.faults.fault import HARNESS, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Divide by the number of kept entries instead of the length of the span."""

    def keep_rates(real: Any, kept: KeptEntries, intervals: Sequence[tuple[int, int]]) -> tuple[float, ...]:
        span = sum(stop - start for start, stop in intervals)
        entries = [sum(map(len, heads)) for heads in kept.positions]
        rates = zip(real(kept, intervals), entries, kept.positions, strict=True)
        return tuple(rate * span * len(heads) / max(1, count) for rate, count, heads in rates)

    planting.method(KeptEntries, "keep_rates", keep_rates)


FAULT = Fault(
    id="keep-rate-denominator",
    around=HARNESS,
    seen="Zefan-Cai/R-KV#16",
    symptom="a figure looks better the less is kept elsewhere",
    seed="the wrong length is the denominator",
    levels="M",
    plant=plant,
    equivalent=unless_evicting,
    edition=SECOND,
)
