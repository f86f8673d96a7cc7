"""The options of commands that time arms in turns: repeats, threads, clock, model and report."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterable
from pathlib import Path
from types import MappingProxyType

from pytest_kvguard.errors import UsageError

__all__ = ["CLOCKS", "add_timing_options", "check_counts"]

CLOCKS = MappingProxyType({"wall": time.perf_counter, "cpu": time.process_time})


def add_timing_options(parser: argparse.ArgumentParser, model: str) -> None:
    """Declare the options; ``model`` is the default model."""
    parser.add_argument("--repeats", type=int, default=3, help="timed turns after the warm-up (%(default)s)")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="threads of torch (%(default)s)")
    parser.add_argument("--clock", default="wall", choices=CLOCKS, help="cpu: for a busy machine, with --threads 1")
    parser.add_argument("--model", default=model, help="hub id, directory, GGUF file, or %(default)s")
    parser.add_argument("--json", type=Path, help="file to write the figures to")


def check_counts(options: argparse.Namespace, names: Iterable[str]) -> None:
    """Raise ``UsageError`` unless these options are 1 or more."""
    for name in names:
        if getattr(options, name) < 1:
            raise UsageError(f"--{name}={getattr(options, name)} is below 1. Give 1 or more.")
