"""What ``--kv-faults`` and its companions ask for."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

__all__ = ["FAULT_VALUES", "FaultOptions"]

FAULT_VALUES = (
    # option strings, ini name, default, metavar, help
    (("--kv-faults-only",), "kv_faults_only", "", "IDS", "plant these faults alone; your own: mypkg.faults.my_fault"),
    (("--kv-faults-min",), "kv_faults_min", "", "SHARE", "share of the faults that must be caught, e.g. 0.95"),
    (("--kv-faults-json",), "kv_faults_json", "", "FILE", "write what caught which fault there"),
    (("--kv-faults-jobs",), "kv_faults_jobs", "auto", "N", "processes with faults in them, side by side"),
)


@dataclass(frozen=True)
class FaultOptions:
    """Whether and how faults are planted.

    Attributes:
        on: whether they are.
        only: ids, or modules with a fault of one's own; empty for all that are shipped.
        least: share of the faults that must be caught; None leaves it open.
        json: file for the figures; None writes none.
        at_once: processes side by side.
    """

    on: bool = False
    only: tuple[str, ...] = ()
    least: float | None = None
    json: Path | None = None
    at_once: int = 1

    @classmethod
    def read(cls, config: pytest.Config, one: Callable[[str], str], on: bool) -> FaultOptions:
        """Return the options, checked.

        Raises:
            pytest.UsageError: a share or a number of processes that is none, or a run spread over workers.
        """
        if on and (config.getoption("numprocesses", None) or config.getoption("dist", "no") != "no"):
            raise pytest.UsageError(
                "--kv-faults runs in processes of its own. Leave out -n; --kv-faults-jobs=N says how many."
            )
        names = (name.strip() for name in one("kv_faults_only").split(","))
        path = one("kv_faults_json")
        return cls(
            on,
            tuple(name for name in names if name),
            _share(one("kv_faults_min")),
            config.invocation_params.dir / path if path else None,
            _jobs(one("kv_faults_jobs")),
        )


def _share(text: str) -> float | None:
    try:
        share = float(text) if text else None
    except ValueError:
        share = -1.0
    if share is not None and not 0 <= share <= 1:
        raise pytest.UsageError(f"--kv-faults-min={text} is not a share from 0 to 1; write e.g. 0.95.")
    return share


def _jobs(text: str) -> int:
    if text == "auto":
        cores = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))(0)
        return len(cores)
    if not text.isdecimal() or not int(text):
        raise pytest.UsageError(f"--kv-faults-jobs={text} is neither auto nor a number of processes, 1 or more.")
    return int(text)
