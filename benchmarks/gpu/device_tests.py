"""``tests/gpu`` in a process of its own, without the plugins and settings of other tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from benchmarks.gpu.plan import PartReport, Scale

__all__ = ["run"]

ROOT = Path(__file__).parents[2]


def run(scale: Scale, report: PartReport) -> None:
    """Add the numbers of tests that passed, failed and were skipped, and what failed."""
    command = [sys.executable, "-m", "pytest", "--noconftest", "-c", os.devnull, "--rootdir", str(ROOT), "-q", "-rfE"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    try:
        done = subprocess.run(
            [*command, "-p", "no:cacheprovider", "-W", "ignore", "tests/gpu"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=max(1.0, report.left),
        )
    except subprocess.TimeoutExpired:
        report.state = "cut short"
        report.skip("tests/gpu", "its time was spent before it ended")
        return
    lines = done.stdout.strip().splitlines() or done.stderr.strip().splitlines() or ["no output"]
    counts = {name: int(number) for number, name in re.findall(r"(\d+) (passed|failed|skipped|error)", lines[-1])}
    broken = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    report.add(exit_code=done.returncode, **counts, broken=broken, last_line=lines[-1])
    report.state = "done" if done.returncode == 0 else "failed"
