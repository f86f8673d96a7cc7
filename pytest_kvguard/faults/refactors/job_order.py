"""Jobs run in reverse order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_kvguard.engine import planner
from pytest_kvguard.faults.fault import HARNESS, Refactor
from pytest_kvguard.faults.planting import Planting
from pytest_kvguard.faults.setting import Setting

__all__ = ["REFACTOR"]


def plant(planting: Planting, setting: Setting) -> None:
    """Reverse the jobs, then their outcomes."""

    def try_reversed(real: Any, model: Any, jobs: Sequence[Any], *rest: Any) -> list[Any]:
        return list(reversed(real(model, list(reversed(jobs)), *rest)))

    planting.function(planner.try_jobs, try_reversed)


REFACTOR = Refactor("job-order", HARNESS, "jobs run in reverse order", plant)
