"""Checks and measures this project on one GPU, in under nine minutes and without a network.

Run ``python -m benchmarks.gpu`` with the repository as PYTHONPATH. It needs torch and transformers; what a part needs
beyond them is named first. Every part has its share of the time and says what it skips. Without CUDA, everything runs
at a tiny scale on the CPU, which proves that the script works and measures nothing.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
import transformers

from benchmarks.gpu.plan import Part, Scale, missing_packages, run_parts
from benchmarks.json_report import check_writable
from pytest_kvguard.errors import KVGuardError

__all__ = ["PARTS", "main"]

SECONDS = 510
"""The time of all parts together, which leaves half a minute of nine for starting and for what overruns."""

PARTS = (
    Part("tests", "benchmarks.gpu.device_tests", 0.15, ("pytest",)),
    Part("waits", "benchmarks.gpu.waits", 0.05),
    Part("decoding", "benchmarks.gpu.decoding", 0.15),
    Part("prefill", "benchmarks.gpu.prefills", 0.25),
    Part("sweep", "benchmarks.gpu.sweep", 0.15),
    Part("invariants", "benchmarks.gpu.exactness", 0.25),
)

FULL = Scale(
    device="cuda",
    dtype=torch.bfloat16,
    layers=24,
    hidden=2048,
    heads=16,
    kv_heads=8,
    intermediate=8192,
    vocabulary=32000,
    prefill_tokens=(8192, 32768, 131072),
    decode_rows=(1, 32, 256),
    decode_tokens=1024,
    steps=64,
    sweep_contexts=8,
    sweep_tokens=256,
    sweep_new=48,
    repeats=3,
    families=None,
    policies=None,
    moved_bytes=1 << 32,
)
TINY = Scale(
    device="cpu",
    dtype=torch.float32,
    layers=2,
    hidden=32,
    heads=4,
    kv_heads=2,
    intermediate=64,
    vocabulary=101,
    prefill_tokens=(128,),
    decode_rows=(1, 3),
    decode_tokens=64,
    steps=3,
    sweep_contexts=1,
    sweep_tokens=64,
    sweep_new=2,
    repeats=1,
    families=1,
    policies=2,
    moved_bytes=1 << 20,
)


def environment() -> dict[str, object]:
    """Return the versions and the machine that the figures belong to."""
    has_cuda = torch.cuda.is_available()
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "cuda": torch.version.cuda,
        "device": torch.cuda.get_device_name() if has_cuda else f"CPU ({platform.machine()}), a dry run",
        "device_bytes": torch.cuda.get_device_properties(0).total_memory if has_cuda else None,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all parts and return the exit code: 1 if one failed, 2 if nothing can be written."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--json", type=Path, default=Path("gpu.json"), help="the report (%(default)s)")
    options = parser.parse_args(arguments)
    try:
        check_writable(options.json)
    except KVGuardError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    scale = FULL if torch.cuda.is_available() else TINY
    facts = environment()
    print(f"{facts['device']}, torch {facts['torch']}, transformers {facts['transformers']} → {options.json}")
    for part in PARTS:
        if missing := missing_packages(part):
            print(f"   {part.name} will be skipped: {', '.join(missing)} cannot be imported")
    reports = run_parts(PARTS, scale, SECONDS, options.json, facts)
    return int(any(report.state == "failed" for report in reports.values()))


if __name__ == "__main__":
    sys.exit(main())
