"""The time that 10,000 items of 200 contracts take to collect, beside as many trivial items of plain pytest.

Run ``python -m benchmarks.collection --help``. Both arms run ``pytest --collect-only -q`` in processes of their own and
take turns. The plain arm, ``floor`` in the report, has a test file per contract with one parametrized test that has as
many items as the contract; it runs without the guard.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.json_report import run_report
from pytest_kvguard.errors import RunError, UsageError

__all__ = ["contract_text", "main", "write_suites"]

PROBES = 5
RULES = (
    'contains: "{number}:30"',
    "lowercase: true",
    "max_words: {number}",
    "regex: '\\d{{1,3}} of {number}'",
    "bullets: {{max: {number}}}",
    "not_contains: [cheap, sale]",
    "keyword_counts: {{river: {{min: 1}}}}",
    'starts_with: "Dear {number}"',
    "json: {{type: object, required: [answer]}}",
    "number: {{value: {number}, unit: kg}}",
)
"""Rules of many kinds, so that the guard validates values of all shapes."""

PLAIN_TEST = """\
import pytest


@pytest.mark.parametrize("case", range({items}))
def test_case(case):
    pass
"""


def contract_text(number: int, instructions: int) -> str:
    """Return the text of a contract that checks every instruction under each of its ``PROBES`` probes."""
    lines = ["kvguard: 1", f"name: desk-{number}", "context:", "  preamble: You answer for a desk.", "  instructions:"]
    for index in range(instructions):
        rule = RULES[index % len(RULES)].format(number=number + index + 1)
        text = f"Rule {index} of desk {number} is to be followed in every reply, whatever is asked."
        lines += [f"    - id: rule-{index}", f"      text: {text}", f"      check: {{{rule}}}"]
    lines += ["probes:", *(f"  probe-{probe}: What does rule {probe} of desk {number} say?" for probe in range(PROBES))]
    return "\n".join(lines) + "\n"


def write_suites(folder: Path, contracts: int, items: int) -> tuple[Path, Path]:
    """Write contracts and, in another folder, as many test files, each with an equal share of the items.

    Raises:
        UsageError: the items cannot be divided evenly.
    """
    each, rest = divmod(items, contracts * PROBES)
    if rest or not each:
        raise UsageError(
            f"--items={items} cannot be divided evenly among --contracts={contracts} of {PROBES} probes each. Give a "
            f"multiple of {contracts * PROBES}."
        )
    guarded, plain = folder / "guarded", folder / "plain"
    for place in (guarded, plain):
        place.mkdir()
        (place / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    for number in range(contracts):
        (guarded / f"desk{number}.kv.yaml").write_text(contract_text(number, each), encoding="utf-8")
        (plain / f"test_desk{number}.py").write_text(PLAIN_TEST.format(items=each * PROBES), encoding="utf-8")
    return guarded, plain


def _collect(folder: Path, words: Sequence[str], items: int) -> dict[str, float]:
    """Return the seconds of one collection, by the wall clock and of the processor."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *words]
    cpu_start, start = _child_cpu_seconds(), time.perf_counter()
    # Without written bytecode, every run would compile the guard anew.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(folder.parent / "bytecode")
    process = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    wall, cpu = time.perf_counter() - start, _child_cpu_seconds() - cpu_start
    collected = sum("::" in line for line in process.stdout.splitlines())
    if process.returncode or collected != items:
        raise RunError(
            f"pytest collected {collected} items instead of {items}: {(process.stdout + process.stderr)[-400:]}"
        )
    return {"wall_seconds": wall, "cpu_seconds": cpu}


def _child_cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _measure(options: argparse.Namespace) -> dict[str, Any]:
    if min(options.items, options.contracts, options.repeats) < 1:
        raise UsageError("--items, --contracts and --repeats are whole numbers, 1 or more.")
    with TemporaryDirectory() as folder:
        guarded, plain = write_suites(Path(folder), options.contracts, options.items)
        _collect(guarded, ["--kv-policy=snapkv"], options.items)  # compiles modules, warms the file cache
        turns: dict[str, list[dict[str, float]]] = {"guard": [], "floor": []}
        for _ in range(options.repeats):
            turns["guard"].append(_collect(guarded, ["--kv-policy=snapkv"], options.items))
            turns["floor"].append(_collect(plain, ["-p", "no:kvguard"], options.items))
    rows = {arm: {name: round(median(t[name] for t in runs), 3) for name in runs[0]} for arm, runs in turns.items()}
    cpu_ratio = rows["guard"]["cpu_seconds"] / rows["floor"]["cpu_seconds"]
    return {"items": options.items, "contracts": options.contracts, **rows, "times_floor": round(cpu_ratio, 2)}


def _screen(report: Mapping[str, Any]) -> Iterator[str]:
    yield f"{report['items']} items of {report['contracts']} files"
    yield "        by clock   processor"
    for arm, label in (("guard", "guard"), ("floor", "plain")):
        yield f"{label:<6}{report[arm]['wall_seconds']:>9.2f} s{report[arm]['cpu_seconds']:>10.2f} s"
    yield f"guard ÷ plain, processor: {report['times_floor']:.2f}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.collection", description=__doc__)
    parser.add_argument("--items", type=int, default=10_000, help="items of each arm (%(default)s)")
    parser.add_argument("--contracts", type=int, default=200, help="files of each arm (%(default)s)")
    parser.add_argument("--repeats", type=int, default=3, help="turns of each arm (%(default)s)")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    options = parser.parse_args(arguments)
    return run_report(options.json, lambda: _measure(options), _screen)


if __name__ == "__main__":
    sys.exit(main())
