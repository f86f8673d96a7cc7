"""How many tokens --kv-early-stop saves: a suite is run without and with it, nothing looked up.

Run ``python -m benchmarks.early_stops cases --kv-policy=snapkv --ratio=0.5``; what follows the options is pytest's.
Time is the processor's, of both runs whole, start and prefill included.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.json_report import run_report
from pytest_kvguard.errors import RunError

__all__ = ["compare_reports", "main"]

Record = Mapping[str, Any]
NAMES = ("contract", "probe", "order_index", "kernel", "policy", "ratio")
RAN = (0, 1)
"""Exit codes of a run that came to its end: all passed, some failed."""


def _tokens(report: Record) -> dict[tuple[Any, ...], int]:
    """Return the generated tokens of every distinct conversation."""
    found: dict[tuple[Any, ...], int] = {}
    for case in report["cases"]:
        place = tuple(case[name] for name in NAMES)
        for arm, key in (("baseline", (*place[:-2], "none", "0")), ("compressed", place)):
            if case[arm]:
                found[key] = sum(reply["tokens"] for reply in case[arm])
        if case["null"]:
            null = (*place[:-2], "null", "0")
            found[null] = sum(reply["tokens"] for reply in case["null"]["replies"])
    return found


def compare_reports(whole: Record, early: Record) -> dict[str, Any]:
    """Return what two JSON reports of one suite say, without and with early stops; of greedy replies."""
    before, after = _tokens(whole), _tokens(early)
    pairs = list(zip(whole["cases"], early["cases"], strict=True))
    tokens, fewer = sum(before.values()), sum(after.values())
    return {
        "conversations": len(before),
        "stopped": sum(after.get(key, tokens) < tokens for key, tokens in before.items()),
        "tokens": tokens,
        "tokens_early": fewer,
        "saved_share": round(1 - fewer / tokens, 4) if tokens else None,
        "checks": len(pairs),
        "verdicts_changed": sum(one["verdict"] != other["verdict"] for one, other in pairs),
    }


def _run(words: Sequence[str], report: Path) -> tuple[Record, float]:
    """Return a run's report and its processor seconds."""
    start = _children_seconds()
    command = [sys.executable, "-m", "pytest", "-q", "--kv-no-store", f"--kv-report=json:{report}", *words]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode not in RAN:
        raise RunError(f"pytest ended with exit code {ran.returncode}: {(ran.stdout + ran.stderr)[-800:]}")
    return json.loads(report.read_text(encoding="utf-8")), _children_seconds() - start


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _measure(words: Sequence[str]) -> dict[str, Any]:
    with TemporaryDirectory() as folder:
        whole, seconds = _run(words, Path(folder) / "whole.json")
        early, seconds_early = _run([*words, "--kv-early-stop"], Path(folder) / "early.json")
    measured = {"cpu_seconds": round(seconds, 1), "cpu_seconds_early": round(seconds_early, 1)}
    return {"pytest": " ".join(words), **compare_reports(whole, early), **measured}


def _screen(report: Record) -> Iterator[str]:
    yield f"pytest {report['pytest']}"
    yield f"{report['stopped']} of {report['conversations']} conversations stopped early"
    share = "n/a" if report["saved_share"] is None else f"{report['saved_share']:.1%}"
    yield f"tokens {report['tokens']} → {report['tokens_early']}: {share} saved"
    yield f"processor seconds {report['cpu_seconds']} → {report['cpu_seconds_early']}"
    yield f"verdicts changed: {report['verdicts_changed']} of {report['checks']}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.early_stops", description=__doc__)
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    options, words = parser.parse_known_args(arguments)
    return run_report(options.json, lambda: _measure(words), _screen)


if __name__ == "__main__":
    sys.exit(main())
