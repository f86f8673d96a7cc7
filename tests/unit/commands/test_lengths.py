"""lengths: every conversation of a report counts once, a control must be complete, and the predictor is validated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_kvguard.commands.table import run
from tests.report_documents import document_of, recorded


def replies(tokens: int, stopped: str = "stop") -> list[dict[str, Any]]:
    return [{"text": "x " * tokens, "tokens": tokens, "stopped": stopped}]


def case(contract: str = "shop", before: int = 10, after: int = 20, **changes: Any) -> dict[str, Any]:
    record = recorded(contract=contract, seed=None, arrangement=None, by_seed=[], null=None)
    return {**record, "baseline": replies(before), "compressed": replies(after), **changes}


def write(tmp_path: Path, *cases: dict[str, Any]) -> str:
    path = tmp_path / "run.json"
    path.write_text(json.dumps(document_of(*cases)))
    return str(path)


def rows(capsys: pytest.CaptureFixture[str]) -> dict[str, list[str]]:
    return {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines() if line}


def test_a_conversation_counts_once_however_many_instructions_it_checks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["lengths", write(tmp_path, case(), case(instruction="tone"), case(probe="talk", after=10))]) == 0
    table = rows(capsys)
    assert table["shop"] == ["snapkv-0.5", "2", "1.50", "1.10", "1.50", "1.90", "50%", "0%", "0", "→", "0", "0"]
    assert table["(all)"] == table["shop"]


def test_seeds_are_conversations_of_their_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seeds = [{"seed": 1, "baseline_tokens": 8, "compressed_tokens": 4, "compressed_capped": True}] * 3
    run(["lengths", write(tmp_path, case(by_seed=seeds, seed=1))])
    assert rows(capsys)["shop"][1:] == ["3", "0.50", "0.50", "0.50", "0.50", "0%", "100%", "0", "→", "3", "0"]


def test_the_control_is_shown_only_if_it_was_run_for_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    null = {"change": "bfloat16", "replies": replies(30)}
    run(["lengths", write(tmp_path, case(null=null), case(probe="talk"))])
    assert "(" not in "".join(rows(capsys)["shop"])
    run(["lengths", write(tmp_path, case(null=null), case(probe="talk", null={**null, "replies": replies(10)}))])
    assert rows(capsys)["shop"][6:10] == ["100%", "(50%)", "0%", "(0%)"]


def test_conversations_of_searches_and_of_the_uncompressed_model_are_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, case(arrangement={"order": []}), case(policy="none"), case(compressed=None))
    assert run(["lengths", path]) == 1
    assert "hold no compressed conversation" in capsys.readouterr().err


def test_the_predictor_is_held_against_the_median(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = [
        case(f"c{number}", words, 2 * words, probe=str(words), turns=["word " * words])
        for number in range(8)
        for words in range(1 + number, 40, 8)
    ]
    out = tmp_path / "out.json"
    assert run(["lengths", write(tmp_path, *cases), "--predict", "word " * 20, "--json", str(out)]) == 0
    screen = capsys.readouterr().out
    assert ": better than the median" in screen
    expected = int(screen.partition("snapkv-0.5: about ")[2].split()[0])
    assert 30 <= expected <= 50
    written = json.loads(out.read_text())
    assert written["predictor"]["none"]["helps"] is True
    assert written["lengths"][-1]["contract"] == "(all)" and written["lengths"][-1]["ratio"] == 2.0


def test_a_prediction_that_shows_no_gain_is_the_median(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = [case(f"c{number}", 10, tokens) for number, tokens in enumerate((5, 50, 9, 22, 31, 8, 44, 20, 23, 12))]
    run(["lengths", write(tmp_path, *cases), "--predict", "Hi"])
    screen = capsys.readouterr().out
    assert "not shown to be better than the median: use that" in screen
    assert "snapkv-0.5: about 22 tokens" in screen


def test_too_few_contracts_predict_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lengths", write(tmp_path, case())]) == 0
    assert "too few contracts to predict lengths from" in capsys.readouterr().out
