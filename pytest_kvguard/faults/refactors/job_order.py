"""Jobs are run last one first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_kvguard.engine import planner
from pytest_kvguard.faults.fault import HARNESS, Refactor
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["REFACTOR"]


def plant(planting: Planting, setting: Setting) -> None:
    """Turn the jobs around, and their outcomes back."""

    def jobs(real: Any, model: Any, wanted: Sequence[Any], *rest: Any) -> list[Any]:
        return list(reversed(real(model, list(reversed(wanted)), *rest)))

    planting.function(planner.try_jobs, jobs)


REFACTOR = Refactor("job-order", HARNESS, "jobs are run last one first", plant)
