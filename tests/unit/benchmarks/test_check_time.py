"""The benchmark of checks judges other replies every time, of the length and in the language that is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.check_time import ASKED_OF_OTHERS, TEXTS, main, reply
from pytest_kvguard.verifiers.table import BUILT_IN


@pytest.mark.parametrize("language", TEXTS)
def test_replies_have_their_length_and_differ(language: str) -> None:
    replies = {reply(language, 500, number) for number in range(20)}
    assert len(replies) == 20
    assert {len(text) for text in replies} == {500}


def test_every_check_is_measured_in_every_language(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.json"
    assert main(["--characters=200", "--repeats=1", f"--json={report}"]) == 0
    figures = json.loads(report.read_text())
    assert set(figures["milliseconds"]) == set(BUILT_IN) - ASKED_OF_OTHERS
    assert all(set(row) == set(TEXTS) for row in figures["milliseconds"].values())
    assert "max_words" in capsys.readouterr().out


def test_a_length_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--characters=0"]) == 2
    assert "1 or more" in capsys.readouterr().err
