"""What ``--kv-faults`` and its companions ask for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pytest_kvguard.errors import UsageError
from pytest_kvguard.runs.given import GivenOptions, shown, whole_number

__all__ = ["FaultOptions"]


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

    on: bool
    only: tuple[str, ...]
    least: float | None
    json: Path | None
    at_once: int

    @classmethod
    def read(cls, given: GivenOptions, is_spread: bool) -> FaultOptions:
        """Return the options.

        Args:
            given: what the user gave.
            is_spread: whether xdist spreads the run over workers.

        Raises:
            UsageError: a share or a number of processes is none, or the run is spread over workers.
        """
        on = given.is_on("kv_faults")
        if on and is_spread:
            raise UsageError(
                "--kv-faults runs in processes of its own. Leave out -n; kv_faults_jobs, an ini value, says how many."
            )
        names = (name.strip() for name in given.one("kv_faults_only").split(","))
        least = given.number("kv_faults_min", 0, 1) if given.one("kv_faults_min") else None
        return cls(on, tuple(filter(None, names)), least, given.path("kv_faults_json"), _jobs(given))


def _jobs(given: GivenOptions) -> int:
    text = given.one("kv_faults_jobs")
    number = whole_number(text) if text.isdecimal() else None
    if number:
        return number
    if text != "auto":
        raise UsageError(f"kv_faults_jobs={shown(text)} is neither auto nor a whole number of 1 or more.")
    return len(getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))(0))
