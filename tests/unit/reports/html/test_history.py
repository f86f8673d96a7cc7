"""The page of many runs: a curve per instruction, gaps where nothing ran, and marks where something changed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pytest_kvguard.reports.comparison.run_files import Run
from pytest_kvguard.reports.html.history import render_history, trends
from tests.compared_runs import Record, item, run_of
from tests.report_documents import document_of


def runs(folder: Path, *of_runs: list[Record], **changes: list[Any]) -> list[Run]:
    """Return runs that started a day apart; ``changes`` gives keys of their documents, run by run."""
    return [
        run_of(
            folder,
            f"r{number}",
            *cases,
            timing={"started": f"2026-01-0{number}T00:00:00+00:00", "seconds": 1},
            **{key: values[number - 1] for key, values in changes.items()},
        )
        for number, cases in enumerate(of_runs, start=1)
    ]


def tone(verdict: str) -> Record:
    return item(verdict, instruction="tone")


def test_a_curve_is_the_share_that_held_of_what_could_be_lost(tmp_path: Path) -> None:
    cases = [item("HELD"), item("LOST", order=1), item("UNMET", order=2), item("ERROR", order=3)]
    (trend,) = trends(runs(tmp_path, cases))
    (point,) = trend.curves[0].points
    assert (trend.contract, trend.label, point.held, point.checks) == ("shop", "snapkv 0.5", 1, 2)


def test_the_uncompressed_model_has_a_curve_of_what_it_obeys(tmp_path: Path) -> None:
    bare = [item("HELD", policy="none", ratio="0"), item("UNMET", order=1, policy="none", ratio="0")]
    (trend,) = trends(runs(tmp_path, bare))
    assert (trend.label, trend.curves[0].share(1)) == ("uncompressed", 0.5)


def test_a_run_without_the_instruction_leaves_a_gap(tmp_path: Path) -> None:
    both, one = [item(), tone("HELD")], [item()]
    (trend,) = trends(runs(tmp_path, both, both, one, both, both))
    assert [len(curve.paths) for curve in trend.curves] == [1, 2]


def test_what_fell_in_the_last_run_stands_first(tmp_path: Path) -> None:
    steady, fell = [item(), tone("LOST")], [item(contract="bank")]
    page = render_history(runs(tmp_path, steady + fell, [*steady, item("LOST", contract="bank")]))
    assert re.findall(r'<details class="case".*?data-contract="(\w+)".*?data-verdict="([\w ]+)"', page) == [
        ("bank", "fell in the last run"),
        ("shop", "steady"),
    ]


def test_changes_of_model_code_libraries_and_machine_are_marked_and_listed(tmp_path: Path) -> None:
    base = document_of(item())
    environments = [{**base["environment"], **more} for more in ({}, {"code": "ab"}, {"code": "ab", "torch": "3"})]
    models = [{**base["run"], "model": name} for name in ("tiny", "tiny", "larger")]
    page = render_history(runs(tmp_path, *[[item()]] * 3, environment=environments, run=models))
    assert re.findall(r'<text class="middle"[^>]*>(\w+)</text>', page) == ["P", "ML"]
    assert "model tiny → larger" in page and "torch not installed → 3" in page


def test_a_run_that_changed_nothing_has_no_mark(tmp_path: Path) -> None:
    assert '<g class="mark">' not in render_history(runs(tmp_path, [item()], [item()]))


def test_names_of_others_are_escaped(tmp_path: Path) -> None:
    page = render_history(runs(tmp_path, [item(contract="<img src=x>", instruction="<b>\x1b")]))
    assert "<img" not in page and "<b>\x1b" not in page and "&lt;img src=x&gt;" in page
