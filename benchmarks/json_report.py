"""The JSON report of a benchmark."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from kvguard_policies.spec import SpecError
from pytest_kvguard.errors import KVGuardError, UsageError
from pytest_kvguard.reports.ownership import own_json, require_output, tool_mark
from pytest_kvguard.reports.target import write_whole

__all__ = ["check_writable", "run_report", "write_json", "write_rows"]

MARK = "benchmarks"
"""The command in the mark by which an earlier report is recognised."""


def check_writable(path: Path | None) -> None:
    """Raise ``UsageError`` if no report can be written to ``path``, or another file is there, before the measuring."""
    if path is None:
        return
    if path.is_dir():
        raise UsageError(f"--json={path} is a folder. Give a file name in it.")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"--json={path}: the folder {path.parent} does not exist. Create it first.")
    require_output(f"--json={path}", path, own_json(MARK))


def write_json(path: Path | None, report: Mapping[str, object]) -> None:
    """Write a report; None writes nothing."""
    if path is not None:
        write_whole(path, json.dumps({"tool": tool_mark(MARK), **report}, indent=2) + "\n")


def write_rows(path: Path, name: str, tables: Mapping[str, Mapping[str, object]]) -> None:
    """Write tables of many rows, by name under ``name``, one line per row."""
    parts = []
    for table, rows in tables.items():
        lines = ",\n".join(
            f"{json.dumps(row)}: {json.dumps(value, separators=(',', ':'))}" for row, value in rows.items()
        )
        parts.append(f"{json.dumps(table)}: {{\n{lines}\n}}")
    head = f'{{"tool": {json.dumps(tool_mark(MARK))},\n{json.dumps(name)}: {{\n'
    write_whole(path, head + ",\n".join(parts) + "\n}}\n")


def run_report(
    path: Path | None, make: Callable[[], dict[str, Any]], screen: Callable[[dict[str, Any]], Iterable[str]]
) -> int:
    """Make a report, print its lines and write it; return the exit code, 2 if the benchmark cannot run."""
    try:
        check_writable(path)
        report = make()
    except (KVGuardError, SpecError) as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(screen(report)))
    write_json(path, report)
    return 0
