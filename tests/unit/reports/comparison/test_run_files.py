"""Reports of every format are read; damaged ones are one worded error, and files of others are left alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_kvguard.errors import UsageError
from pytest_kvguard.reports.comparison.compare import compare_runs
from pytest_kvguard.reports.comparison.run_files import read_history, read_run
from tests.compared_runs import item, items, run_of, write

LATER_KEYS = ("seed", "by_seed", "null", "arrangement", "distance", "notes", "doubts")
"""What the first reports did not hold of a case."""


def first_format(case: dict[str, Any]) -> dict[str, Any]:
    """Return a case as the first format wrote it: ratios as typed, and without later keys."""
    kept = {key: value for key, value in case.items() if key not in LATER_KEYS}
    checks = [{key: of[key] for key in ("rule", "leak", "verdict", "baseline", "compressed")} for of in case["checks"]]
    return {**kept, "ratio": "1/2", "checks": checks}


def test_a_report_of_the_first_format_is_compared_with_one_of_today(tmp_path: Path) -> None:
    cells = [{"policy": "snapkv", "ratio": "1/2", "kernel": "sdpa"}]
    former = write(
        tmp_path / "1.json", first_format(item()), version=1, run={"model": "tiny", "cells": cells, "seed": 0}
    )
    comparison = compare_runs(read_run(former), run_of(tmp_path, "2", item("LOST")))
    assert [pair.label for pair in comparison.groups["newly lost"]] == ["snapkv 0.5"]


def test_a_folder_is_one_run_in_parts(tmp_path: Path) -> None:
    write(tmp_path / "parts" / "a.json", item())
    write(tmp_path / "parts" / "deeper" / "b.json", item("LOST", order=1))
    (tmp_path / "parts" / "package.json").write_text('{"cases": []}')
    run = read_run(tmp_path / "parts")
    assert [case["verdict"] for case in run.cases] == ["HELD", "LOST"]
    assert (run.is_complete, run.seconds) == (True, 3.0)


def test_a_damaged_report_in_a_folder_is_an_error_and_no_part_to_leave_out(tmp_path: Path) -> None:
    write(tmp_path / "a.json", item())
    damaged = write(tmp_path / "b.json", item("LOST", order=1))
    damaged.write_text(damaged.read_text()[:-200])
    for read in (read_run, read_history):
        with pytest.raises(UsageError, match=r"b\.json cannot be read as JSON"):
            read(tmp_path)


def test_what_a_command_wrote_into_the_folder_is_no_report(tmp_path: Path) -> None:
    write(tmp_path / "a.json", item())
    write(tmp_path / "b.json", item(), tool={"name": "pytest-kvguard", "version": "1", "command": "compare"})
    assert len(read_run(tmp_path).documents) == 1


@pytest.mark.parametrize(
    ("key", "value", "place"),
    [
        ("verdict", 3, "cases[0].verdict: found 3, allowed is a text"),
        ("baseline", "x", "cases[0].baseline: found 'x', allowed is a list"),
        ("keep_rate", {"mean": "much"}, "cases[0].keep_rate.mean: found 'much', allowed is a number"),
        ("order_index", -2, "cases[0].order_index: found -2, allowed is a whole number from -1"),
        ("by_seed", [{"seed": 0}], "cases[0].by_seed[0]: 'verdicts' is missing"),
    ],
)
def test_a_damaged_report_is_named_with_the_place(tmp_path: Path, key: str, value: Any, place: str) -> None:
    path = write(tmp_path / "run.json", item(**{key: value}))
    with pytest.raises(UsageError) as caught:
        read_run(path)
    assert str(caught.value).startswith(f"{path} is damaged: {place}")


@pytest.mark.parametrize("missing", ["run", "environment", "timing", "gates", "complete"])
def test_a_report_that_lacks_a_part_is_damaged(tmp_path: Path, missing: str) -> None:
    path = write(tmp_path / "run.json", item())
    document = json.loads(path.read_text())
    del document[missing]
    path.write_text(json.dumps(document))
    with pytest.raises(UsageError, match=f"is damaged: the report: '{missing}' is missing"):
        read_run(path)


def test_a_folder_without_a_report_and_a_missing_file_are_errors(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no JSON report"):
        read_run(tmp_path)
    with pytest.raises(UsageError, match="cannot be read as JSON"):
        read_run(tmp_path / "absent.json")


def test_a_history_is_in_the_order_in_which_the_runs_started(tmp_path: Path) -> None:
    for name, started in (("a", "2026-03-01T00:00:00+00:00"), ("b", "2026-01-01T00:00:00+00:00")):
        write(tmp_path / f"{name}.json", *items(["HELD"]), timing={"started": started, "seconds": 1})
    assert [run.name for run in read_history(tmp_path)] == ["b.json", "a.json"]
    with pytest.raises(UsageError, match="is no folder"):
        read_history(tmp_path / "a.json")
