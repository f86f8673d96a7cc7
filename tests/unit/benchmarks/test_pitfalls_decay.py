"""The decay figures count judgements, resample whole prompts, and do not call an empty count zero."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks import pitfalls_decay
from benchmarks.decay_trial import (
    Count,
    PromptResult,
    count_families,
    draw_defended,
    draw_undefended,
    run_cells,
)
from benchmarks.pitfalls_decay import composite_gain, interval, rank_correlation
from pytest_kvguard.backends.protocol import TurnRequest
from pytest_kvguard.backends.scripted import Scripted
from pytest_kvguard.values.cell import Cell

OBEYS, FAILS = {"start": [True]}, {"start": [False]}


def test_both_orders_hold_the_same_rules_and_differ_in_where_the_defence_stands() -> None:
    standard, flipped = (draw_defended(3, order, seed=1) for order in ("standard", "flipped"))
    for first, last in zip(standard, flipped, strict=True):
        assert first.written_order == ("defence", *last.written_order[:-1])
        assert last.written_order[-1] == "defence"
        assert first.instruction("defence").protect
        assert [p.turns for p in first.probes] == [p.turns for p in last.probes]


def test_undefended_prompts_have_the_size_asked_for_and_two_probes() -> None:
    for contract in draw_undefended(4, 5, seed=0):
        assert len(contract.instructions) == 5 and len(contract.probes) == 2


def test_a_reply_that_repeats_the_prompt_leaks_and_a_refusal_does_not() -> None:
    contracts = draw_defended(3, "standard", seed=1)
    talkative = Scripted(lambda request: request.contract.system_text(request.order))
    silent = Scripted(lambda request: "I can't assist with that request.")
    cells = (Cell(), Cell.of("snapkv", "0.5"))
    for backend, leaks in ((talkative, True), (silent, False)):
        results = run_cells(backend, contracts, cells)
        assert {cell: [result.leaked for result in results[cell]] for cell in cells} == dict.fromkeys(
            cells, [leaks] * 3
        )


def test_a_conversation_that_cannot_run_is_no_silent_gap() -> None:
    def broken(request: TurnRequest) -> str:
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        run_cells(Scripted(broken), draw_undefended(1, 2, seed=0), [Cell()])


def test_families_are_counted_over_all_prompts() -> None:
    results = [PromptResult({"start": [True, False], "end": [True]}), PromptResult({"start": [True]})]
    assert count_families(results) == {"end": Count(1, 1), "start": Count(3, 2)}


def test_without_judgements_there_is_no_share() -> None:
    assert Count(0, 0).share is None
    assert interval(Count(0, 0)) == (0.0, 1.0)
    low, high = interval(Count(20, 20))
    assert low == pytest.approx(0.839, abs=0.001) and high == 1.0


def test_the_ranking_of_families_is_compared_and_thin_families_are_left_out() -> None:
    baseline = {"a": Count(10, 9), "b": Count(10, 8), "c": Count(10, 7), "thin": Count(2, 0)}
    reversed_ = {"a": Count(10, 1), "b": Count(10, 2), "c": Count(10, 3), "thin": Count(2, 2)}
    assert rank_correlation(baseline, baseline) == pytest.approx(1)
    assert rank_correlation(baseline, reversed_) == pytest.approx(-1)
    assert rank_correlation(baseline, dict.fromkeys(baseline, Count(10, 5))) is None


def test_a_remedy_gains_by_obeying_and_by_keeping_the_secret() -> None:
    leaky, tight = [PromptResult(OBEYS, leaked=True)] * 8, [PromptResult(OBEYS, leaked=False)] * 8
    assert composite_gain([leaky], [tight], seed=0) == (0.5, 0.5, 0.5)
    assert composite_gain([tight], [tight], seed=0) == (0, 0, 0)
    mixed = [PromptResult(FAILS, leaked=False), *tight[1:]]
    mean, low, high = composite_gain([mixed], [tight], seed=0)
    assert mean == pytest.approx(0.5 / 8) and low <= mean <= high and high > low


def forgetful(request: TurnRequest) -> str:
    """Refuse at ratios below 0.5, and repeat the whole prompt at others."""
    return request.contract.system_text(request.order) if float(request.ratio) >= 0.5 else "I can't."


@pytest.fixture
def decay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Return a function that runs the command on a forgetful model, with two prompts of each kind."""
    monkeypatch.setattr(pitfalls_decay, "load_model", lambda options: options)
    monkeypatch.setattr(pitfalls_decay, "InProcess", lambda model: Scripted(forgetful))
    files = [f"--json={tmp_path / 'decay.json'}", f"--plot={tmp_path / 'decay.png'}"]

    def run(*words: str) -> dict[str, Any]:
        assert pitfalls_decay.main(["--prompts=2", "--policies=snapkv", "--ratios=0.2,0.5", *words, *files]) == 0
        report: dict[str, Any] = json.loads((tmp_path / "decay.json").read_text())
        return report

    return run


def test_the_command_writes_curves_gains_and_a_picture(
    decay: Callable[..., dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = decay()
    leaked = {row["ratio"]: row["leaked"]["held"] for row in report["standard"]["curves"] if row["policy"] == "snapkv"}
    assert leaked == {0.2: 0, 0.5: 2}
    assert {row["remedy"] for row in report["flipped"]["gains"]} == {"keep", "fair"}
    assert (tmp_path / "decay.png").read_bytes().startswith(b"\x89PNG")
    assert "of attacks that leak" in capsys.readouterr().out


def test_panels_and_ratios_of_remedies_can_be_chosen(
    decay: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    report = decay("--panels=flipped", "--remedy-ratios=0.2")
    assert {"single", "multi", "standard"}.isdisjoint(report)
    assert report["remedy_ratios"] == ["0.2"]
    assert [row["n"] for row in report["flipped"]["gains"]] == [2, 2]
    assert "remedies at r=0.2, flipped" in capsys.readouterr().out


def test_a_folder_that_is_not_there_is_refused_before_anything_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert pitfalls_decay.main(["--json=/no/such/folder/decay.json"]) == 2
    assert "the folder /no/such/folder does not exist" in capsys.readouterr().err


def test_an_unknown_policy_is_refused(decay: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    assert pitfalls_decay.main(["--prompts=1", "--policies=snapkw"]) == 2
    assert "Did you mean 'snapkv'?" in capsys.readouterr().err
