"""The bytes of the reply are reported as bytes of the context."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pytest_kvguard.engine import planner
from pytest_kvguard.engine.jobs import Generation, Job
from pytest_kvguard.engine.waiting import WaitingRow
from pytest_kvguard.faults.fault import HARNESS, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Add the entries of the fed and generated tokens."""

    def generation(real: Any, job: Job, waiting: WaitingRow) -> Generation:
        done: Generation = real(job, waiting)
        per_entry = done.bytes_before // max(1, done.entries_before)
        grown = per_entry * (len(job.fed) + len(done.token_ids))
        return replace(done, bytes_after=done.bytes_after + grown)

    planting.function(planner._generation, generation)


FAULT = Fault(
    id="bytes-sampled-late",
    around=HARNESS,
    seen="Pushkinist/rMLX#259",
    symptom="the same figure means different things in two rows of a table",
    seed="the size is read before generating in one place, after it in another",
    levels="M",
    plant=plant,
    edition=SECOND,
)
