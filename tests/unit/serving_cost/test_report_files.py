"""JSON reports, read back: of this format and of the one before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_kvguard.errors import UsageError
from pytest_kvguard.reports.run_record import SCHEMA_VERSION
from pytest_kvguard.serving_cost.report_files import VERSIONS, read_report_lengths, read_report_scores
from tests.report_documents import document_of, recorded


def write(folder: Path, version: int, **changes: Any) -> Path:
    case = recorded(seed=None, arrangement=None, by_seed=[], null=None, **changes)
    path = folder / f"{version}.json"
    path.write_text(json.dumps(document_of(case, version=version)))
    return path


def test_the_format_that_is_written_can_be_read() -> None:
    assert SCHEMA_VERSION in VERSIONS


def test_reports_of_both_formats_are_one_method(tmp_path: Path) -> None:
    paths = [write(tmp_path, 1, ratio="1/2", contract="former"), write(tmp_path, 2, ratio="0.5", contract="present")]
    scores = read_report_scores(paths)
    assert set(scores.scores) == {"none", "snapkv-0.5"}
    assert {key[0] for key in scores.scores["snapkv-0.5"]} == {"former", "present"}
    assert set(read_report_lengths(paths).pairs) == {("former", "snapkv-0.5"), ("present", "snapkv-0.5")}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_not_finite_are_refused(tmp_path: Path, number: str) -> None:
    path = write(tmp_path, 2)
    path.write_text(path.read_text().replace('"tokens": 4', f'"tokens": {number}'))
    for read in (read_report_scores, read_report_lengths):
        with pytest.raises(
            UsageError, match=f"cannot be read as JSON: {number} is not a number of JSON. Name a file that"
        ):
            read([path])


@pytest.mark.parametrize("version", [0, 3, None, "2"])
def test_another_format_is_refused_with_those_that_can_be_read(tmp_path: Path, version: Any) -> None:
    path = write(tmp_path, version)
    with pytest.raises(UsageError, match=f"has report format {version}, this version reads 1 and 2. Run the tests"):
        read_report_scores([path])


def test_cases_of_searches_are_left_out_and_not_taken_for_damage(tmp_path: Path) -> None:
    path = write(tmp_path, 2, order_index=-1)
    path.write_text(path.read_text().replace('"arrangement": null', '"arrangement": {"order": []}'))
    assert read_report_scores([path]).left_out == {"from a search": 1}
    assert read_report_lengths([path]).pairs == {}


def test_a_case_with_an_undecided_check_has_no_score(tmp_path: Path) -> None:
    decided = {"holds": True, "expected": "", "observed": ""}
    pair = {"baseline": decided, "compressed": {**decided, "holds": False, "undecided": True}}
    scores = read_report_scores([write(tmp_path, 2, checks=[pair])])
    assert scores.scores == {} and scores.left_out == {"undecided": 1}
