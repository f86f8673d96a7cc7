"""The self-test of comparisons: equal runs raise few alarms, true drops are seen, more prompts see more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import compare_calibration
from benchmarks.compare_calibration import Situation, main, measure
from pytest_kvguard.stats.run_changes import SIGNIFICANCE_LEVEL


@pytest.mark.parametrize("situation", [Situation(9), Situation(17, cells=3), Situation(17, dependence=0.0)], ids=repr)
def test_equal_runs_are_called_different_no_more_often_than_stated(situation: Situation) -> None:
    rates = measure(situation, 150, 3)
    assert rates.low <= SIGNIFICANCE_LEVEL
    assert rates.worse + rates.better == round(rates.rate * 150)
    assert rates.new_losses > 0, "noise loses items, which is no reason to call a run worse"


def test_larger_drops_and_more_prompts_are_seen_more_often() -> None:
    rates = [measure(Situation(prompts, drop=drop), 60, 3).rate for prompts, drop in ((9, 0.1), (33, 0.1), (33, 0.4))]
    assert rates[0] < rates[1] < rates[2] == 1.0


def test_too_few_prompts_could_show_nothing() -> None:
    assert measure(Situation(3, drop=0.5), 5, 3).smallest is None


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare_calibration, "_null_situations", lambda: iter([Situation(9)]))
    monkeypatch.setattr(compare_calibration, "_power_situations", lambda: iter([Situation(9, drop=0.4)]))


def test_the_command_prints_both_tables_and_writes_them(
    few: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--runs=20", f"--json={tmp_path / 'report.json'}"]) == 0
    report = json.loads((tmp_path / "report.json").read_text())
    assert [row["situation"]["drop"] for row in report["outcomes"]] == [0.0, 0.4]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Equal runs that were called worse or better, at significance level 0.05, 20 pairs of runs each"


def test_too_many_false_alarms_end_in_code_1(
    few: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(compare_calibration, "SIGNIFICANCE_LEVEL", -1.0)
    assert main(["--runs=5"]) == 1
    assert "too many false alarms: Situation(prompts=9" in capsys.readouterr().err


@pytest.mark.parametrize("argument", ["--runs=0", "--json=absent/report.json"])
def test_a_bad_argument_ends_in_code_2(argument: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([argument]) == 2
    assert capsys.readouterr().err.startswith("error: ")
