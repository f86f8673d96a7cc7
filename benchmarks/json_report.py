"""The JSON file a benchmark leaves behind."""

from __future__ import annotations

import json
from pathlib import Path

from pytest_kvguard.errors import UsageError

__all__ = ["check_writable", "write_json"]


def check_writable(path: Path | None) -> None:
    """Raise ``UsageError`` when a report cannot go there, before minutes of measuring are spent on it."""
    if path is None:
        return
    if path.is_dir():
        raise UsageError(f"--json={path} is a folder. Give a file name in it.")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"--json={path}: the folder {path.parent} does not exist. Make it first.")


def write_json(path: Path | None, report: object) -> None:
    """Write a report; None writes nothing."""
    if path is not None:
        path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
