"""Recordings of jobs hold the engine's caches and logits, and its faults show at their level."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from kvguard_policies import selection
from kvguard_policies.policy import Layout
from pytest_kvguard.backends.environment import environment_of
from pytest_kvguard.backends.golden_jobs import TOP_LOGITS, record_jobs
from pytest_kvguard.backends.in_process import InProcess
from pytest_kvguard.backends.protocol import TurnRequest
from pytest_kvguard.contract.model import Contract, Generate, Instruction, Probe
from pytest_kvguard.engine.jobs import Job
from pytest_kvguard.engine.planner import run_jobs
from pytest_kvguard.golden.compare import compare, compare_levels
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.values.cell import Cell
from tests.models import random_ids, random_model
from tests.tokenizers import character_tokenizer

CONTEXT = 40
JOB = Job(tuple(random_ids(48)), CONTEXT, Layout(CONTEXT), Cell.of("snapkv(window=4)", "0.5"), max_new_tokens=6)
POLICIES = ("none", "snapkv(window=4)", "knorm", "adakv(snapkv(window=4))", "streaming_llm")


def cell_of(policy: str, kernel: str = "sdpa") -> Cell:
    return Cell.of(policy, "0" if policy == "none" else "0.5", kernel)


@pytest.fixture(scope="module")
def model() -> LoadedModel:
    layout = random_model("llama-two-kv-heads-of-three")
    return LoadedModel("small", layout, character_tokenizer(), frozenset(), 4096)


def test_kept_entries_size_tokens_and_logits_are_those_of_the_engine(model: LoadedModel) -> None:
    (turn,) = record_jobs(model, {"prompt": JOB}).conversations["prompt"]
    (generation,) = run_jobs(model, [JOB])
    assert turn.token_ids == generation.token_ids
    assert (turn.entries, turn.cache_bytes) == (80, 80 * 2 * 16 * 4)
    assert (generation.entries_after, generation.bytes_after) == (80, 80 * 2 * 16 * 4)
    assert turn.kept.sum() == 80
    assert [turn.kept[0, 1].nonzero()[0].tolist()] == [generation.kept.positions[0][1].tolist()]
    assert turn.logits.ids.shape == turn.logits.values.shape == (6, TOP_LOGITS)
    assert turn.logits.ids[:, 0].tolist() == list(turn.token_ids)


def test_logits_are_those_of_the_plain_model_where_nothing_is_compressed(model: LoadedModel) -> None:
    (turn,) = record_jobs(model, {"prompt": replace(JOB, cell=Cell())}).conversations["prompt"]
    with torch.no_grad():
        plain = model.model(torch.tensor([JOB.token_ids])).logits[0, -1]
    top = plain.topk(TOP_LOGITS)
    assert turn.logits.ids[0].tolist() == top.indices.tolist()
    assert torch.allclose(torch.from_numpy(turn.logits.values[0]), top.values, atol=1e-4)
    assert turn.logits.log_sums[0] == pytest.approx(float(plain.logsumexp(-1)), abs=1e-4)


def test_a_budget_that_is_held_is_recorded_with_what_was_generated(model: LoadedModel) -> None:
    held = replace(JOB, region_tokens=47, layout=Layout(47), hold_budget=True, cell=Cell.of("streaming_llm", "0.5"))
    (turn,) = record_jobs(model, {"prompt": held}).conversations["prompt"]
    assert turn.logits.ids.shape[0] == len(turn.token_ids) == 6
    assert turn.kept.shape[2] > 48


@pytest.mark.parametrize("policy", POLICIES)
def test_the_same_run_is_recorded_alike(model: LoadedModel, policy: str) -> None:
    job = replace(JOB, cell=cell_of(policy))
    comparison = compare_levels(record_jobs(model, {"prompt": job}), record_jobs(model, {"prompt": job}))
    assert {result.outcome for result in comparison.results} <= {"same", "absent"}


@pytest.mark.parametrize("policy", POLICIES)
def test_another_kernel_moves_numbers_within_the_tolerance(model: LoadedModel, policy: str) -> None:
    jobs = (replace(JOB, cell=cell_of(policy, kernel)) for kernel in ("sdpa", "eager"))
    recorded, now = (record_jobs(model, {"prompt": job}) for job in jobs)
    comparison = compare_levels(recorded, now)
    assert comparison.difference is None
    assert [str(change) for change in comparison.changes] == ["kernel sdpa → eager"]


def test_values_that_are_not_gathered_with_their_keys_show_in_the_logits(
    model: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = record_jobs(model, {"prompt": JOB})
    gather, calls = selection.gather_entries, iter(range(1000))
    shifted = lambda rows, kept: gather(rows.roll(next(calls) % 2, 1), kept)  # noqa: E731 - every second call: values
    monkeypatch.setattr("kvguard_policies.compression.gather_entries", shifted)
    difference = compare(recorded, record_jobs(model, {"prompt": JOB}))
    assert (difference.level, difference.where) == ("logits", "prompt, reply token 0")


def test_the_wrong_end_evicted_shows_in_the_kept_entries(model: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = record_jobs(model, {"prompt": JOB})
    rank = selection.rank_entries
    monkeypatch.setattr(selection, "rank_entries", lambda scores: rank(replace(scores, values=-scores.values)))
    difference = compare(recorded, record_jobs(model, {"prompt": JOB}))
    assert difference.level == "kept"
    assert difference.where.startswith("prompt, layer 0, KV head 0, token ")


def test_other_weights_are_another_environment(model: LoadedModel) -> None:
    again = random_model("llama-two-kv-heads-of-three")
    loaded = replace(model, model=again)
    assert environment_of(loaded) == environment_of(model)
    with torch.no_grad():
        again.lm_head.weight[3, 5] += 0.25
    changed = environment_of(loaded)
    assert {name for name in changed if changed[name] != environment_of(model)[name]} == {"weights"}
    assert changed["dtype"] == "float32"
    assert set(changed) >= {"device", "cpu", "instructions", "threads", "torch", "transformers", "pytest-kvguard"}


CONTRACT = Contract("shop", "shop.kv.yaml", "", tuple(Instruction(n, f"{n} is open.") for n in "ab"), ())  # type: ignore[arg-type]


def traced(backend: InProcess, **changes: object) -> bool:
    contract = replace(CONTRACT, probes=(Probe("p", ("When?",)),), generate=Generate(2, temperature=1.0, seeds=2))
    usual = TurnRequest(contract, ("a", "b"), ("When?",), (), Cell.of("knorm", "0.5"), "context", seed=0)
    (outcome,) = backend.run_turns([replace(usual, **changes)])
    return outcome.trace is not None


def test_only_the_turns_that_a_golden_holds_are_traced(model: LoadedModel) -> None:
    backend = InProcess(model, traced=True)
    assert traced(backend)
    assert traced(backend, cell=Cell())
    assert not traced(backend, order=("b", "a"))
    assert not traced(backend, seed=1)
    assert not traced(backend, null_change="kernel")
    assert not traced(InProcess(model))
