"""After the prompt, positions jump by its length once more."""

from __future__ import annotations

from typing import Any

from pytest_kvguard.engine.row import Row
from pytest_kvguard.faults.fault import HARNESS, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Add the number of tokens that were fed at once to the positions of generated tokens."""

    def next_position(real: Any, row: Row) -> int:
        if not row.generated or not row.bulk:
            planting.untouched()
            return int(real(row))
        return int(real(row)) + row.bulk

    planting.method(Row, "next_position", next_position)


FAULT = Fault(
    id="offset-jumps",
    around=HARNESS,
    seen="skyzh/tiny-llm#46",
    symptom="positions leave a gap after the first step",
    seed="the offset grows by the number of fed tokens in the first step of decoding",
    levels="LT",
    plant=plant,
    edition=SECOND,
)
