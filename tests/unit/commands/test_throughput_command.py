"""throughput: rooflines of timings from files, with error bars, and a mark on extrapolations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_kvguard.commands.table import run


@pytest.fixture
def timings(tmp_path: Path) -> str:
    """Timings that follow the roofline to the digit."""
    lines = ["method,model,bsz,prompt_len,stage,seconds"]
    for batch in (1, 4, 16):
        for tokens in (256, 1024, 4000):
            lines.append(
                f"h2o,llama,{batch},{tokens},decoding,{0.03 + 1e-4 * batch + 1e-6 * batch * min(tokens, 1024)}"
            )
            lines.append(f"h2o,llama,{batch},{tokens},prefill,{0.01 + 1e-4 * batch * tokens}")
    path = tmp_path / "throughput.csv"
    path.write_text("\n".join(lines))
    return str(path)


def test_a_fit_says_what_it_was_made_of_and_how_well_it_predicts(
    timings: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["throughput", timings]) == 0
    decode = next(line for line in capsys.readouterr().out.splitlines() if "decode" in line).split()
    assert decode[:3] == ["h2o,", "llama,", "decode"]
    assert decode[3] == "100.0%"
    assert decode[7] == "1024"
    assert "batch 1-16, tokens 256-4000" in " ".join(decode)


def test_predictions_have_a_bar_and_say_where_they_extrapolate(
    timings: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.json"
    assert run(["throughput", timings, "--at", "8x2048", "--at", "64x2048", "--json", str(out)]) == 0
    screen = capsys.readouterr().out
    inside = next(line for line in screen.splitlines() if "decode, batch 8, 2048 tokens" in line)
    assert "39.0 ms (39.0 to 39.0 holds 90%)" in inside and "extrapolated" not in inside
    beyond = next(line for line in screen.splitlines() if "decode, batch 64, 2048 tokens" in line)
    assert "extrapolated: batch 64 is outside of the measured 1 to 16" in beyond
    decode = next(fit for fit in json.loads(out.read_text())["rooflines"] if fit["stage"] == "decode")
    assert decode["budget"] == 1024
    assert [prediction["extrapolates"] == "" for prediction in decode["predictions"]] == [True, False]


def test_a_budget_that_is_known_is_taken(timings: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(["throughput", timings, "--budget", "512"])
    lines = {line.split()[2]: line.split() for line in capsys.readouterr().out.splitlines() if "h2o" in line}
    assert (lines["decode"][7], lines["prefill"][7]) == ("512", "none")


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--at", "8"], "e.g. --at=8x2048"), (["--at", "0x8"], "e.g. --at=8x2048")],
)
def test_a_place_that_is_none_is_refused(
    timings: str, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["throughput", timings, *words]) == 1
    assert said in capsys.readouterr().err


def test_timings_that_are_there_twice_or_not_at_all_are_refused(
    timings: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["throughput", timings, timings]) == 1
    assert "again. Put them into one file" in capsys.readouterr().err
    empty = tmp_path / "empty.csv"
    empty.write_text("bsz,prompt_len,stage,seconds\n")
    assert run(["throughput", str(empty)]) == 1
    assert "hold no timing" in capsys.readouterr().err


@pytest.mark.parametrize("budget", ["nan", "inf", "-inf", "0", "-1", "1e999"])
def test_a_budget_that_no_cache_has_is_refused(timings: str, budget: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["throughput", timings, f"--budget={budget}"]) != 0
    assert "write the tokens that a cache is limited to, 1 or more." in capsys.readouterr().err


@pytest.mark.parametrize("place", ["1x" + "9" * 5000, "9" * 5000 + "x1", "1" * 13 + "x1"])
def test_a_place_with_absurd_numbers_is_refused(timings: str, place: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["throughput", timings, f"--at={place}"]) == 1
    said = capsys.readouterr().err
    assert "write the batch and the tokens of each context" in said and len(said) < 1000
