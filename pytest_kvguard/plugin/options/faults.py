"""The options of planted faults: ``--kv-faults`` and its ini values."""

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
        on: whether faults are planted.
        only: ids of faults, or dotted paths of the user's own; empty for all built-in ones.
        least: the share of faults that must be caught; None requires nothing.
        json: the file that receives the results; None writes none.
        at_once: the number of processes that run at the same time.
    """

    on: bool
    only: tuple[str, ...]
    least: float | None
    json: Path | None
    at_once: int

    @classmethod
    def read(cls, given: GivenOptions, is_spread: bool) -> FaultOptions:
        """Return the options of planted faults.

        Args:
            given: the texts that the user gave.
            is_spread: whether xdist spreads the run over workers.

        Raises:
            UsageError: the share or the number of processes is invalid, or xdist spreads the run over workers.
        """
        on = given.is_on("kv_faults")
        if on and is_spread:
            raise UsageError(
                "--kv-faults starts its own processes. Leave out -n; the ini value kv_faults_jobs sets their number."
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
