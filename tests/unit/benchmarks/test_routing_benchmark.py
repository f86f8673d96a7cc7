"""The routing benchmark, on small files of timings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.routing import main

ROWS = [(1, 256), (4, 256), (16, 256), (1, 2048), (4, 2048), (16, 2048)]


@pytest.fixture
def timings(tmp_path: Path) -> Path:
    """Write timings of two methods that differ in the time of attention, and return their folder."""
    for name, attention in (("fp16", 1e-6), ("kivi", 5e-7)):
        lines = ["model,bsz,prompt_len,stage,seconds"]
        for batch, tokens in ROWS:
            lines.append(f"llama-7b,{batch},{tokens},prefill,{0.01 + 1e-4 * batch * tokens}")
            lines.append(f"llama-7b,{batch},{tokens},decoding,{0.03 + attention * batch * tokens}")
        (tmp_path / f"throughput-{name}.csv").write_text("\n".join(lines))
    return tmp_path


def test_gains_are_reported_by_load_and_by_the_share_of_longer_replies(
    timings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = timings / "routing.json"
    arguments = ["--data", str(timings), "--model", "llama", "--seeds", "1", "--requests", "40", "--json", str(out)]
    assert main(arguments) == 0
    report = json.loads(out.read_text())
    assert {(row["method"], row["load"]) for row in report["rows"]} >= {("kivi", 0.3), ("kivi", 2.0)}
    for row in report["rows"]:
        assert row["gain_over_own_baseline"]["least-memory"] == 1.0
        seconds = row["no_compression_seconds"] / row["mean_seconds"]["both"]
        assert row["gain_over_no_compression"]["both"] == pytest.approx(seconds)
    calm = [row for row in report["rows"] if row["load"] == 0.3]
    assert all(row["gain_over_own_baseline"]["both"] > 1 for row in calm), (
        "without a queue, a router that knows more loses nothing"
    )
    assert "published 1.45 to 1.80" in capsys.readouterr().out


def test_a_trace_takes_the_place_of_drawn_requests(timings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace = timings / "trace.csv"
    trace.write_text("arrival,prompt_tokens,reply_tokens,reply_tokens:kivi\n0,300,40,90\n9,100,20,10\n")
    out = timings / "routing.json"
    assert main(["--data", str(timings), "--model", "llama", "--trace", str(trace), "--json", str(out)]) == 0
    [row] = json.loads(out.read_text())["rows"]
    assert row["compressed_share"]["both"] == 0.5


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--model", "gpt"], "holds no throughput-NAME.csv"), (["--baseline", "fp32"], "no such method")],
)
def test_unreadable_timings_are_reported(
    timings: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--data", str(timings), "--model", "llama", *arguments]) == 2
    assert said in capsys.readouterr().err
