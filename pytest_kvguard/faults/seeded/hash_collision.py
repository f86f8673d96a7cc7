"""Two contexts of the same hash share a prefill."""

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
    """Group jobs by a hash of their context that ignores the order of its tokens."""

    def by_context(real: Any, jobs: Iterable[Job]) -> list[list[Job]]:
        contexts: dict[Any, list[Job]] = {}
        for job in jobs:
            contexts.setdefault((sum(job.region), len(job.region), job.cell.kernel), []).append(job)
        if len(contexts) == len(real([job for members in contexts.values() for job in members])):
            planting.untouched()
        return list(contexts.values())

    planting.function(planner._by_context, by_context)


FAULT = Fault(
    id="hash-collision",
    around=HARNESS,
    seen="openvinotoolkit/openvino.genai#3722",
    symptom="the wrong prefix is reused, rarely and silently",
    seed="prefixes are compared by their hash alone",
    levels="TX",
    plant=plant,
)
