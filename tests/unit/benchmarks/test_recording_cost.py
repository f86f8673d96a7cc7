"""The cost report: the runs it compares, the figures it computes from them, and the arguments it refuses."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks import recording_cost, recording_trial
from benchmarks.recording_cost import format_table, main, parse_tokens, summarize, to_json
from benchmarks.recording_trial import MODES, PLAIN, SPANS, even_layout, measure_memory, measure_seconds
from kvguard_policies.compression import PrefillRecord
from pytest_kvguard.errors import UsageError
from pytest_kvguard.models.heap import keep_freed_memory
from tests.models import random_ids, random_model

SECONDS = {PLAIN: [2.0, 4.0, 3.0], "window": [2.2, 4.0, 9.0], "column sums": [3.0, 8.0, 6.0]}
MEMORY: dict[str, dict[str, int | None]] = {
    PLAIN: {"peak_bytes": 3 << 20, "cache_bytes": 2 << 20},
    "window": {"peak_bytes": 4 << 20, "cache_bytes": 2 << 20},
    "column sums": {"peak_bytes": None, "cache_bytes": 2 << 20},
}


def test_a_time_ratio_is_the_median_over_turns_not_of_the_medians() -> None:
    window, sums = summarize(1024, SECONDS, MEMORY)
    assert (window.mode, sums.mode) == ("window", "column sums")
    assert window.time_ratio == pytest.approx(1.1) and window.seconds / window.plain_seconds == pytest.approx(4 / 3)
    assert sums.time_ratio == pytest.approx(2.0)


def test_extra_memory_is_counted_in_caches_and_unknown_is_not_zero() -> None:
    window, sums = summarize(1024, SECONDS, MEMORY)
    assert (window.extra_bytes, window.extra_caches) == (1 << 20, 0.5)
    assert (sums.extra_bytes, sums.extra_caches) == (None, None)
    lines = format_table([window, sums]).splitlines()
    assert lines[1].split()[-2:] == ["1.0", "0.50"] and lines[2].split()[-2:] == ["n/a", "n/a"]


def test_the_json_holds_the_settings_and_a_row_per_mode() -> None:
    options = argparse.Namespace(model="m", dtype="float32", threads=2, clock="wall", repeats=3, json=None)
    report = json.loads(json.dumps(to_json(options, summarize(1024, SECONDS, MEMORY))))
    assert list(report) == ["model", "dtype", "threads", "clock", "repeats", "rows"]
    assert report["rows"][0]["extra_caches"] == 0.5 and report["rows"][1]["extra_bytes"] is None


def test_modes_take_turns_after_a_warm_up() -> None:
    ran: list[str] = []
    ticks = iter(range(100))
    seconds = measure_seconds(ran.append, ["a", "b"], 2, lambda: float(next(ticks)))
    assert ran == ["a", "b"] * 3
    assert {mode: len(turns) for mode, turns in seconds.items()} == {"a": 2, "b": 2}


def test_a_peak_counts_memory_that_is_free_again_at_the_end() -> None:
    if recording_trial._reset_peak() is None:
        pytest.skip("this system does not let a process reset its peak")

    keep_freed_memory()
    torch.ones(8, 8 << 20, dtype=torch.uint8)  # memory that was freed before does not count in the peak

    def run() -> tuple[object, int]:
        torch.ones(64 << 20, dtype=torch.uint8)
        return None, 7

    measured = measure_memory(run)
    assert measured["cache_bytes"] == 7
    assert measured["peak_bytes"] is not None and measured["peak_bytes"] > 48 << 20


def test_the_spans_cover_the_context_after_the_frame() -> None:
    layout = even_layout(1000)
    edges = [edge for intervals in layout.groups for edge in intervals[0]]
    assert len(layout.groups) == SPANS and edges[0] == recording_trial.FRAME_TOKENS and edges[-1] == 1000
    assert edges[1:-1:2] == edges[2::2]


@pytest.mark.parametrize("mode", [PLAIN, *MODES])
def test_every_mode_prefills_the_same_cache(mode: str) -> None:
    model, ids = random_model("llama-two-kv-heads-of-three"), random_ids(150)
    held, cache_bytes = recording_trial.prefill_in_mode(model, ids, mode)
    plain, plain_bytes = recording_trial.prefill_in_mode(model, ids, PLAIN)
    assert cache_bytes == plain_bytes
    if isinstance(held, PrefillRecord):
        for layer, expected in enumerate(plain.layers):  # type: ignore[attr-defined]
            torch.testing.assert_close(held.keys[layer], expected.keys[0])
        assert len(held.recorder.observed[0]) == (SPANS + 1 if mode == "span windows" else 1)


def test_a_trial_times_its_modes_and_prints_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use_small_model(monkeypatch)
    trial = {"model": "m", "dtype": "float32", "clock": "cpu", "tokens": 140, "modes": [PLAIN, "window"], "repeats": 1}
    recording_trial.main([json.dumps(trial)])
    assert {mode: len(turns) for mode, turns in json.loads(capsys.readouterr().out).items()} == {PLAIN: 1, "window": 1}
    recording_trial.main([json.dumps({**trial, "modes": ["column sums"], "repeats": 0})])
    assert list(json.loads(capsys.readouterr().out)) == ["peak_bytes", "cache_bytes"]


def use_small_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the trial a small model."""
    model = random_model("llama-two-kv-heads-of-three")
    monkeypatch.setattr(recording_trial, "load_model", lambda options: argparse.Namespace(model=model))


def test_the_command_runs_a_trial_per_measurement(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trials: list[dict[str, Any]] = []

    def run(command: list[str], env: dict[str, str], **rest: Any) -> Any:
        trial = json.loads(command[-1])
        trials.append({**trial, "threads": env["OMP_NUM_THREADS"]})
        measured: Any = dict.fromkeys(trial["modes"], [1.0]) if trial["repeats"] else MEMORY[PLAIN]
        return argparse.Namespace(returncode=0, stdout=f"noise\n{json.dumps(measured)}\n", stderr="")

    monkeypatch.setattr(recording_cost.subprocess, "run", run)
    assert main(["--tokens=256,512", "--repeats=1", "--threads=1", f"--json={tmp_path / 'report.json'}"]) == 0
    assert len(trials) == 2 * (1 + 1 + len(MODES)) and {trial["threads"] for trial in trials} == {"1"}
    rows = json.loads((tmp_path / "report.json").read_text())["rows"]
    assert [(row["tokens"], row["mode"]) for row in rows] == [(n, mode) for n in (256, 512) for mode in MODES]
    assert len(capsys.readouterr().out.splitlines()) == 1 + len(rows)


def test_a_failed_trial_is_reported_with_its_last_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = argparse.Namespace(returncode=1, stdout="", stderr="Traceback\nMemoryError: no room\n")
    monkeypatch.setattr(recording_cost.subprocess, "run", lambda *_, **__: failed)
    assert main(["--tokens=256"]) == 2
    message = capsys.readouterr().err
    assert "at 256 tokens failed: MemoryError: no room Try fewer --tokens." in message


@pytest.mark.parametrize("text", ["", "many", "12,2048"])
def test_context_lengths_that_measure_nothing_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--tokens=1024,2048"):
        parse_tokens(text)


@pytest.mark.parametrize("name", ["repeats", "threads"])
def test_counts_below_one_are_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"--{name}=0"]) == 2
    assert f"--{name}=0 is below 1. Give 1 or more." in capsys.readouterr().err
