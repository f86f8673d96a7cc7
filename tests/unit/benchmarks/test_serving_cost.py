"""The serving-cost benchmark: all figures are of the same replies, times beside the uncompressed cell of a round."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import serving_cost
from benchmarks.serving_cost import summarize
from benchmarks.serving_points import format_rooflines, measure_rooflines, write_timings
from benchmarks.serving_trial import CellRun, run_round
from pytest_kvguard.backends.in_process import InProcess
from pytest_kvguard.contract.model import Contract, Generate, Instruction, Probe
from pytest_kvguard.errors import UsageError
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.serving_cost.throughput import read_throughput
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.lengths import LengthPair
from tests.models import random_model
from tests.tokenizers import character_tokenizer

PLAIN, SNAPKV = Cell(), Cell.of("snapkv(window=4)", "0.5")


@pytest.fixture(scope="module")
def model() -> LoadedModel:
    return LoadedModel("tiny", random_model("llama-two-kv-heads-of-three"), character_tokenizer(), frozenset({2}), 2048)


@pytest.fixture
def contract() -> Contract:
    parts = (
        Instruction("short", "Be short.", checks=(("max_words", 99),)),
        Instruction("never", "Say never.", checks=(("contains", "never ever"),)),
    )
    probes = (Probe("opening", ("When?",)), Probe("talk", ("Hi!",)))
    return Contract("shop", Path("shop.kv.yaml"), "You help.", parts, probes, generate=Generate(5))


def test_a_round_measures_quality_length_memory_and_time_of_the_same_replies(
    model: LoadedModel, contract: Contract
) -> None:
    runs = run_round(InProcess(model, timed=True), [contract], [SNAPKV, PLAIN])
    assert list(runs) == [PLAIN, SNAPKV]
    run = runs[SNAPKV]
    assert 0 < run.held == run.checks <= 2, "an instruction that never held cannot be lost"
    assert len(run.lengths) == 2
    assert run.tokens == sum(pair.compressed for pair in run.lengths)
    assert 0.4 < run.cache_share < 0.6 and runs[PLAIN].cache_share == 1.0
    assert min(run.prefill_seconds, run.decode_seconds, runs[PLAIN].decode_seconds) > 0


def test_conversations_of_several_turns_are_refused(model: LoadedModel, contract: Contract) -> None:
    long = replace(contract, probes=(Probe("talk", ("Hi!", "When?")),))
    with pytest.raises(UsageError, match="talk has 2 turns"):
        run_round(InProcess(model, timed=True), [long], [PLAIN, SNAPKV])


def cell_run(decode: float, tokens: int = 10) -> CellRun:
    lengths = (LengthPair(10, tokens),)
    return CellRun(
        3, 4, 1, 0.5, lengths, prefill_seconds=2.0, compress_seconds=0.5, decode_seconds=decode, tokens=tokens
    )


def test_times_are_medians_over_rounds_of_ratios_within_a_round() -> None:
    rounds = [
        {PLAIN: cell_run(plain), SNAPKV: cell_run(own, 20)} for plain, own in ((1.0, 4.0), (10.0, 20.0), (1.0, 2.0))
    ]
    [row] = summarize(rounds)
    assert row["token"] == 1.0, "twice the time for twice the tokens"
    assert row["whole"] == pytest.approx(22.5 / 12.5)
    assert row["whole_range"] == [pytest.approx(4.5 / 3.5), pytest.approx(6.5 / 3.5)]
    assert (row["length"], row["longer"], row["compress"]) == (2.0, 1, 0.25)


def test_rooflines_of_few_points_predict_others_with_an_error_bar_and_can_be_read_back(
    model: LoadedModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("benchmarks.serving_points.TOKENS", (16, 32, 64))
    stages = measure_rooflines(model, 6)
    assert {stage: len(figures["points"]) for stage, figures in stages.items()} == {"prefill": 6, "decode": 6}
    for figures in stages.values():
        assert len(figures["held_out"]) == 2
        assert "outside of the measured" in figures["beyond"]["extrapolates"]
        assert all(point["predicted"]["low"] <= point["predicted"]["seconds"] for point in figures["held_out"])
    assert sum("expected" in line for line in format_rooflines(stages)) == 4
    write_timings(tmp_path / "throughput-here.csv", stages)
    read = read_throughput(tmp_path / "throughput-here.csv")
    assert {(group[2], len(points)) for group, points in read.items()} == {("prefill", 6), ("decode", 6)}


def test_the_command_writes_one_row_per_policy_and_ratio(
    model: LoadedModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(serving_cost, "load_model", lambda options: model)
    path, out = tmp_path / "shop.kv.yaml", tmp_path / "cost.json"
    path.write_text(
        "kvguard: 1\nname: shop\n"
        "context: {instructions: [{id: short, text: Be short., check: {max_words: 99}}]}\n"
        'probes: {opening: "When?"}\ngenerate: {max_new_tokens: 4}\n'
    )
    arguments = [str(path), "--policies", "knorm,h2o", "--ratios", "0.5", "--rounds", "2", "--points", "0"]
    assert serving_cost.main([*arguments, "--json", str(out)]) == 0
    report = json.loads(out.read_text())
    assert [(row["policy"], row["ratio"], row["checks"]) for row in report["rows"]] == [
        ("knorm", "0.5", 1),
        ("h2o", "0.5", 1),
    ]
    assert "seconds of this process alone" in capsys.readouterr().out
    assert serving_cost.main([str(path), "--rounds", "0"]) == 2
    assert serving_cost.main([str(path), "--policies", "snapkw"]) == 2
    assert "Did you mean 'snapkv'?" in capsys.readouterr().err
