"""The gate's self-test: exchangeable simulated arms raise few false alarms, and true drops are seen."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import gate_calibration
from benchmarks.gate_calibration import main, measure
from benchmarks.gate_procedures import measure_procedures
from benchmarks.simulated_checks import ADHERENCE, SIGNIFICANCE_LEVEL, Design, draw_checks


@pytest.mark.parametrize("design", [Design(9), Design(9, dependence=0.0), Design(17, 0.1, 0.1), Design(33)], ids=repr)
def test_false_alarms_are_no_more_frequent_than_stated(design: Design) -> None:
    failures = measure(design, runs=150, seed=3)
    assert failures.low <= SIGNIFICANCE_LEVEL
    assert failures.low <= failures.rate == failures.failed / 150 <= failures.high


def test_larger_drops_and_more_orders_are_seen_more_often() -> None:
    rates = [measure(Design(orders, 0.0, drop, 1), 50, 3).rate for orders, drop in ((17, 0.1), (65, 0.1), (65, 0.4))]
    assert rates[0] < rates[1] < rates[2] == 1.0


def test_a_plain_drop_needs_no_more_orders_than_the_first_looks() -> None:
    assert measure(Design(65, 0.05, 0.6), 20, 3).orders_run == 17


@pytest.mark.parametrize("dependence", [0.0, 0.5])
def test_adherence_is_as_designed_and_arms_differ_by_the_drop(dependence: float) -> None:
    design = Design(4000, 0.0, 0.1, hit=2, dependence=dependence)
    before, after = draw_checks(design, np.random.default_rng(1))
    assert before.mean() == pytest.approx(ADHERENCE, abs=0.01)
    drops = (before.mean(axis=(0, 1)) - after.mean(axis=(0, 1))).tolist()
    assert drops == pytest.approx([0.1, 0.1, 0.0, 0.0], abs=0.02)


def test_checks_of_an_order_are_correlated_as_designed() -> None:
    apart, together = (
        np.corrcoef(draw_checks(Design(4000, dependence=value), np.random.default_rng(1))[0][:, 0, :2].T)[0, 1]
        for value in (0.0, 0.5)
    )
    assert abs(apart) < 0.05 < 0.2 < together


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_calibration, "NULL_SIZES", (9,))
    monkeypatch.setattr(gate_calibration, "procedure_designs", lambda: iter([Design(8, drop=0.2, hit=1)]))
    monkeypatch.setattr(gate_calibration, "proof_designs", lambda: iter([Design(30, 0.1, hit=1, instructions=1)]))


def test_the_command_prints_both_tables_and_writes_them(
    few: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate_calibration, "_power_designs", lambda: iter([Design(9, drop=0.1, hit=1)]))
    written = []
    for _ in range(2):
        assert main(["--runs=20", f"--json={tmp_path / 'report.json'}"]) == 0
        written.append((tmp_path / "report.json").read_bytes())
    assert written[0] == written[1]
    report = json.loads(written[0])
    assert [row["design"]["drop"] for row in report["outcomes"]] == [0.0, 0.0, 0.1, 0.1, 0.1]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "False alarms at significance level 0.05, 20 null runs each"
    assert "Power at significance level 0.05, 20 runs each" in lines


def test_too_many_false_alarms_end_in_code_1(
    few: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gate_calibration, "_null_designs", lambda: iter([Design(9, 0.0, 0.9)]))
    monkeypatch.setattr(gate_calibration, "_power_designs", lambda: iter([]))
    assert main(["--runs=20"]) == 1
    assert "too many false alarms: Design(orders=9" in capsys.readouterr().err


@pytest.mark.parametrize("argument", ["--runs=0", "--json=absent/report.json"])
def test_a_bad_argument_ends_in_code_2(argument: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([argument]) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_whole_prompts_tested_together_show_more_than_holms_correction() -> None:
    rates = measure_procedures(Design(8, drop=0.2, hit=1, instructions=10), runs=200, seed=3)
    assert rates.holm + 0.1 < rates.step_down


@pytest.mark.parametrize("design", [Design(8, instructions=3), Design(20, instructions=10)], ids=repr)
def test_tests_of_whole_prompts_raise_no_more_false_alarms_than_stated(design: Design) -> None:
    assert measure_procedures(design, runs=200, seed=3).step_down <= SIGNIFICANCE_LEVEL + 0.03


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("orders", [8, 25, 30, 60])
def test_a_drop_that_is_there_is_rarely_excluded(whole: bool, orders: int) -> None:
    there = Design(orders, 0.1, 0.1, 1, instructions=1, whole=whole)
    assert measure_procedures(there, runs=400, seed=1).proven <= SIGNIFICANCE_LEVEL + 0.03
