"""The command line of a calibration: how often a verdict is wrong where nothing is, in simulated runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.json_report import check_writable
from pytest_kvguard.errors import KVGuardError, UsageError

__all__ = ["run_calibration"]


def run_calibration(
    name: str,
    description: str | None,
    runs: str,
    measure_excessive: Callable[[argparse.Namespace], Sequence[object]],
    arguments: Sequence[str] | None,
) -> int:
    """Run a calibration and return its exit code, 1 when false alarms are more frequent than the significance level.

    Args:
        name: the module, below ``benchmarks``.
        description: what ``--help`` says first.
        runs: what is simulated, in words.
        measure_excessive: prints and writes the figures; returns the situations with too many false alarms.
        arguments: the command line; None for that of the process.
    """
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=description)
    parser.add_argument("--runs", type=int, default=1000, help=f"{runs} per situation (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the simulation (%(default)s)")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    options = parser.parse_args(arguments)
    try:
        if options.runs < 1:
            raise UsageError(f"--runs={options.runs} measures nothing. Write 1000 or more.")
        check_writable(options.json)
        excessive = measure_excessive(options)
    except KVGuardError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for situation in excessive:
        print(f"too many false alarms: {situation}", file=sys.stderr)
    return 1 if excessive else 0
