"""The sweep's report: the cells that run, the agreement of both arms, and the figures computed from times."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy
import pytest
import torch

from benchmarks import sweep
from benchmarks.sweep import SweepResult, Turn, compare_replies, format_table, main, summarize
from benchmarks.sweep_cells import POLICIES, RATIOS, PlannedReply, make_jobs, plan_replies, run_cells
from benchmarks.sweep_peer import PeerReply
from benchmarks.sweep_reference import reference_seconds
from kvguard_policies import compress, load, prefill
from pytest_kvguard.engine.jobs import Generation, KeptEntries
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.traces import TopLogits
from tests.models import random_ids, random_model

RESULT = SweepResult("float32", 2, 1.0, 1.0, 1.0)


@pytest.fixture(autouse=True)
def threads_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "set_num_threads", lambda count: None)


def test_every_policy_runs_at_every_ratio_beside_the_uncompressed_context() -> None:
    planned = plan_replies(8)
    assert len(planned) == 8 * (len(POLICIES) * len(RATIOS) + 1) == 128
    assert planned[0] == PlannedReply(0, Cell()) and len(set(planned)) == len(planned)


def test_ratios_are_medians_over_turns() -> None:
    result = summarize("bfloat16", 128, [Turn(2.0, 1.0, 40.0), Turn(4.0, 4.0, 40.0), Turn(3.0, 1.0, 90.0)])
    assert (result.speedup, result.floor_ratio) == (20.0, 2.0)
    assert (result.seconds, result.peer_seconds, result.floor_seconds) == (3.0, 40.0, 1.0)
    alone = summarize("bfloat16", 128, [Turn(2.0, 1.0, None)])
    assert alone.speedup is None and alone.peer_seconds is None
    assert "n/a" in format_table([alone]) and "20" in format_table([result]).splitlines()[1]


def test_replies_have_their_full_length_and_the_order_of_the_plan() -> None:
    model = LoadedModel("small", random_model("mistral"), None, frozenset(range(211)), 256)
    prompts = [(tuple(random_ids(30, seed)), (7, 8)) for seed in range(2)]
    jobs = make_jobs(plan_replies(2), prompts, 5)
    replies = run_cells(model, jobs)
    assert [len(reply.token_ids) for reply in replies] == [5] * 32, "no token ends a reply"
    for planned, reply in zip(plan_replies(2), replies, strict=True):
        assert (reply.entries_after < reply.entries_before) == (not planned.cell.is_uncompressed)


def both_arms(spec: str = "knorm") -> tuple[list[PlannedReply], list[Generation], list[PeerReply]]:
    record = prefill(random_model("mistral"), random_ids(20))
    cache = compress(record, load(spec), Fraction("0.5"))
    kept = KeptEntries(tuple(layer.positions for layer in cache.layers), 20)
    peer_keys = []
    for layer, full in zip(cache.layers, record.keys, strict=True):
        kept_keys = [head[positions.flip(0)] for head, positions in zip(full, layer.positions, strict=True)]
        peer_keys.append(torch.stack(kept_keys)[None])
    logits = TopLogits(numpy.array([[5, 6], [8, 9]]), numpy.array([[3.0, 2.0], [4.0, 3.75]]), numpy.zeros(2))
    own = [Generation((5, 8), "length", kind, 1, 1, 1, 1, logits=logits) for kind in (None, kept)]
    whole = PeerReply((5, 8), tuple(keys[None] for keys in record.keys))
    scores = tuple(-keys.norm(dim=-1)[None] for keys in record.keys)
    return (
        [PlannedReply(0), PlannedReply(0, Cell.of(spec, "0.5"))],
        own,
        [whole, PeerReply((5, 8), tuple(peer_keys), scores)],
    )


def test_arms_that_keep_and_say_the_same_agree_whatever_the_order_of_entries() -> None:
    result = compare_replies(RESULT, *both_arms(), both_arms()[1])
    assert (result.kept_indices_equal, result.kept_indices_share, result.token_identical_share) == (True, 1.0, 1.0)
    assert result.kept_scores_share == 1.0 and result.widest_score_gap == 0 and result.widest_tie is None


def test_an_entry_that_only_one_arm_kept_is_seen() -> None:
    planned, own, peers = both_arms()
    peers[1].keys[0][0, 0, 0] += 1
    result = compare_replies(RESULT, planned, own, peers, own)
    assert (result.kept_indices_equal, result.kept_indices_share, result.kept_scores_share) == (False, 0.0, 0.0)
    assert result.widest_score_gap == float("inf"), "the key is not in the context"


@pytest.mark.parametrize("tied", [True, False])
def test_other_entries_of_the_same_score_are_a_tie(tied: bool) -> None:
    planned, own, peers = both_arms()
    kept = set(own[1].kept.positions[0][0].tolist()) if own[1].kept else set()
    mine, other = min(kept), min(set(range(20)) - kept)
    keys, scores = peers[0].keys[0], peers[1].scores[0]
    held = peers[1].keys[0][0, 0]
    held[(held == keys[0, 0, mine]).all(-1)] = keys[0, 0, other]
    scores[0, 0, other] = scores[0, 0, mine] * (1 if tied else 1.25)
    result = compare_replies(RESULT, planned, own, peers, own)
    assert (result.kept_indices_equal, result.kept_scores_share) == (False, float(tied))
    assert result.widest_score_gap == pytest.approx(0 if tied else 0.2)


def test_a_peer_that_ran_the_first_cells_only_is_compared_in_those() -> None:
    planned, own, peers = both_arms()
    more = PlannedReply(1, Cell.of("knorm", "0.5"))
    result = compare_replies(RESULT, [*planned, more], [*own, own[1]], peers, [*own, own[1]])
    assert (result.peer_cells, result.kept_indices_share, result.token_identical_share) == (2, 1.0, 1.0)


def test_replies_that_differ_are_counted_with_how_near_a_tie_they_part() -> None:
    planned, own, peers = both_arms()
    result = compare_replies(RESULT, planned, own, [peers[0], replace(peers[1], token_ids=(5, 9))], own)
    assert (result.token_identical_share, result.widest_tie) == (0.5, 0.25)
    result = compare_replies(RESULT, planned, own, [peers[0], replace(peers[1], token_ids=(5, 77))], own)
    assert result.widest_tie == float("inf"), "a token outside of the best logits is no tie"


def test_the_reference_is_prefills_plus_tokens_at_the_best_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    model = random_model("mistral")
    ticks = iter([0.0, 2.0, 10.0, 16.0, 20.0, 23.0])
    monkeypatch.setattr("benchmarks.sweep_reference.BATCHES", (2, 4))
    seconds = reference_seconds(model, [random_ids(9), random_ids(5)], 80, lambda: next(ticks))
    assert seconds == 2.0 + 80 / 8, "2 rows: 12 tokens in 6 s; 4 rows: 24 tokens in 3 s"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--contexts=0"], "--contexts=0 is below 1. Give 1 or more."),
        (["--new-tokens=1"], "--new-tokens=1 is below 2. Give 2 or more."),
        (["--peer-contexts=9"], "--peer-contexts=9 is not between 1 and --contexts=8."),
        (["--dtype=,"], "--dtype names no dtype. Write e.g. --dtype=float32,bfloat16."),
        (["--json=."], "--json=. is a folder. Give a file name in it."),
    ],
)
def test_bad_options_are_refused_before_anything_is_measured(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_a_peer_that_is_not_installed_is_explained(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> object:
        raise ImportError("No module named 'kvpress'")

    monkeypatch.setattr("benchmarks.sweep_peer.importlib.import_module", missing)
    monkeypatch.setattr(sweep, "load_model", lambda options: LoadedModel("small", None, None, frozenset(), 256))
    monkeypatch.setattr(sweep, "list_contexts", lambda *_: ["a"])
    assert main(["--dtype=float32", "--threads=1"]) == 2
    assert "run `make compatibility` once, then `.venv-transformers-5.2/bin/python" in capsys.readouterr().err


def test_the_json_holds_one_run_per_dtype(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "_measure", lambda options, dtype: replace(RESULT, dtype=dtype))
    assert main([f"--json={tmp_path / 'sweep.json'}", "--threads=1"]) == 0
    report = json.loads((tmp_path / "sweep.json").read_text())
    assert [result["dtype"] for result in report["runs"]] == ["float32", "bfloat16"]
    keys = {"dtype", "speedup", "kept_indices_equal", "token_identical_share", "floor_ratio"}
    assert keys <= set(report["runs"][0])
