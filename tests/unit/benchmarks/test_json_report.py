"""A report that cannot be written is refused before the measuring starts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.json_report import check_writable, write_json
from pytest_kvguard.errors import UsageError
from pytest_kvguard.reports.ownership import tool_mark


def test_a_folder_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder. Give a file name in it."):
        check_writable(tmp_path)


def test_a_report_in_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist. Create it first."):
        check_writable(tmp_path / "absent" / "report.json")


def test_without_a_path_nothing_is_checked_or_written() -> None:
    check_writable(None)
    write_json(None, {"rows": []})


def test_a_report_is_json_with_a_final_newline(tmp_path: Path) -> None:
    check_writable(tmp_path / "report.json")
    write_json(tmp_path / "report.json", {"rows": [1]})
    text = (tmp_path / "report.json").read_text()
    assert json.loads(text) == {"tool": tool_mark("benchmarks"), "rows": [1]}
    assert text.endswith('  "rows": [\n    1\n  ]\n}\n')
