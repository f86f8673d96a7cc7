"""Two ratios of one policy share a compressed context."""

from __future__ import annotations

from typing import Any

from kvguard_policies.compression import PrefillRecord
from pytest_kvguard.engine import planner
from pytest_kvguard.engine.jobs import Job
from pytest_kvguard.faults.equivalence import unless_evicting
from pytest_kvguard.faults.fault import HARNESS, SECOND, Fault
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["FAULT"]


def plant(planting: Planting, setting: Setting) -> None:
    """Compress a context once per policy, whatever the ratio."""
    shared: dict[Any, Any] = {}

    def compress(real: Any, record: PrefillRecord, job: Job, caches: Any, device: Any) -> Any:
        key = id(caches), job.cell.policy
        if job.cell.policy is None or key not in shared or shared[key][0] is not caches:
            planting.untouched()
            shared[key] = caches, real(record, job, caches, device)
        return shared[key][1]

    planting.function(planner._compress_for, compress)


FAULT = Fault(
    id="ratios-share-a-cache",
    around=HARNESS,
    seen="Mesh-LLM/mesh-llm#1569",
    symptom="a run depends on what ran before it",
    seed="the key of a stored state leaves a setting out",
    levels="KS",
    plant=plant,
    equivalent=unless_evicting,
    edition=SECOND,
)
