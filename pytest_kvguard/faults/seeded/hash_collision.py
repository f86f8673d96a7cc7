"""Two prefixes of the same hash share a prefill."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pytest_kvguard.engine import planner
from pytest_kvguard.engine.jobs import Job
from pytest_kvguard.faults.fault import HARNESS, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Tell contexts apart by a hash that does not look at the order of their tokens."""

    def by_context(real: Any, jobs: Iterable[Job]) -> list[list[Job]]:
        groups: dict[Any, list[Job]] = {}
        for job in jobs:
            groups.setdefault((sum(job.region), len(job.region), job.cell.kernel), []).append(job)
        if len(groups) == len(real([job for members in groups.values() for job in members])):
            planting.untouched()
        return list(groups.values())

    planting.function(planner._by_context, by_context)


FAULT = Fault(
    id="hash-collision",
    around=HARNESS,
    seen="openvinotoolkit/openvino.genai#3722",
    symptom="the wrong prefix is reused, rarely and silently",
    seed="prefixes are told apart by a hash alone",
    levels="TX",
    plant=plant,
)
