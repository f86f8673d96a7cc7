"""A layer whose window a conversation cannot outgrow sees everything in it, and is compressed like any other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from transformers import PreTrainedModel

from kvguard_policies import Layout, compression, load, prefill
from kvguard_policies.observations import ColumnSums
from kvguard_policies.policy import Need
from pytest_kvguard.engine.jobs import Generation, Job
from pytest_kvguard.engine.planner import run_jobs, try_jobs
from pytest_kvguard.errors import InactivePolicyError
from pytest_kvguard.values.cell import Cell
from tests.families import family, generated, loaded
from tests.models import random_ids
from tests.unit.engine.test_model_masks import RESTRICTED
from tests.unit.kvguard_policies.test_sinks_and_softcaps import POLICIES

TOKENS, FED, NEW = 40, 5, 8
LONGEST = TOKENS + FED + NEW - 1
"""Tokens that the model reads: the last one of the reply is never fed."""

LAYOUT = Layout(TOKENS, (((6, 20),), ((22, 38),)), ((8, 10),))
WINDOWED = {name: RESTRICTED[name] for name in ("llama4-chunks", "mistral-window", "phimoe-window", "gemma3-window")}
WIDTH = {"llama4-chunks": "attention_chunk_size"}


def windowed(name: str, window: int | None) -> PreTrainedModel:
    """Return one of the models with a window of this width; None for one in which it is far away."""
    class_name, settings = WINDOWED[name]
    return family(class_name, **{**settings, WIDTH.get(name, "sliding_window"): window or 1 << 20})


def job(policy: str | None, tokens: int = TOKENS, new: int = NEW, **options: Any) -> Job:
    cell = Cell.of(policy, "0.5") if policy else Cell()
    return Job(tuple(random_ids(tokens + FED)), tokens, LAYOUT, cell, max_new_tokens=new, **options)


@pytest.mark.parametrize("name", WINDOWED)
def test_at_the_border_all_policies_do_as_without_a_window(name: str) -> None:
    jobs = [job(policy) for policy in (None, *POLICIES, "kivi(residual=8, group=8)")]
    wide = run_jobs(loaded(windowed(name, None)), jobs)
    for asked, answer, expected in zip(jobs, run_jobs(loaded(windowed(name, LONGEST)), jobs), wide, strict=True):
        assert answer == replace(expected, kept=answer.kept), asked.cell
        assert str(answer.kept) == str(expected.kept)
    assert all(answer.entries_after * 2 == answer.entries_before for answer in wide[1:-1])


@pytest.mark.parametrize("name", WINDOWED)
def test_one_token_more_and_windowed_layers_are_left_alone(name: str) -> None:
    model = windowed(name, LONGEST - 1)
    plain, knorm = try_jobs(loaded(model), [job(None), job("knorm")])
    assert isinstance(plain, Generation) and list(plain.token_ids) == generated(model, job(None).token_ids, NEW)
    if name in ("mistral-window", "phimoe-window"):  # no layer is left to compress
        assert isinstance(knorm, InactivePolicyError)
        assert f"of {LONGEST - 1} tokens at most, and prompt and reply may have {LONGEST}" in str(knorm)
        assert "shorten the prompt or generate.max_new_tokens by 1," in str(knorm)
        shorter = run_jobs(loaded(model), [job("knorm", new=NEW - 1)])[0]
        assert shorter.entries_after * 2 == shorter.entries_before
    else:
        assert isinstance(knorm, Generation) and knorm.entries_after * 2 == knorm.entries_before
        assert "are left alone" in " ".join(knorm.notes)


@pytest.mark.parametrize("name", ["llama4-chunks", "gemma3-window"])
def test_conversations_on_both_sides_of_a_border_share_a_context_and_a_batch(name: str) -> None:
    model = loaded(windowed(name, LONGEST))
    jobs = [job(policy, new=new) for policy in (None, "snapkv", "h2o") for new in (NEW, NEW + 1, NEW + 20)]
    together = run_jobs(model, jobs)
    for asked, answer in zip(jobs, together, strict=True):
        alone = run_jobs(model, [asked])[0]
        assert (answer.token_ids, answer.entries_before) == (alone.token_ids, alone.entries_before)
    assert together[0].entries_before > together[1].entries_before == together[2].entries_before


@pytest.mark.parametrize("name", ["llama4-chunks", "gemma3-window"])
def test_a_budget_is_held_on_the_layers_that_the_conversation_cannot_outgrow(name: str) -> None:
    inside, outside = (job("h2o", new=new, hold_budget=True) for new in (NEW, NEW + 3))
    near = run_jobs(loaded(windowed(name, LONGEST)), [inside, outside])
    far = run_jobs(loaded(windowed(name, None)), [inside])[0]
    assert near[0].token_ids == far.token_ids and near[0].entries_after == far.entries_after
    assert near[1].entries_after < near[0].entries_after


@pytest.mark.parametrize(("first", "second"), [(30, 60), (60, 30)])
def test_a_prefix_is_shared_by_contexts_on_both_sides_of_a_window(
    first: int, second: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for constant, value in (("MIN_PREFIX_TOKENS", 8), ("BOUNDARY_STEP", 4), ("MIN_PREFIX_SHARE", 0)):
        monkeypatch.setattr(compression, constant, value)
    model, need, ids = windowed("gemma3-window", 40), Need(ColumnSums()), random_ids(60)
    earlier, later = (Layout(tokens, (((13, 18),),)) for tokens in (first, second))
    shared = prefill(model, ids[:second], later, [need], earlier=prefill(model, ids[:first], earlier, [need]))
    alone = prefill(model, ids[:second], later, [need])
    assert shared.recorder.observed.keys() == alone.recorder.observed.keys()
    for layer, states in alone.recorder.observed.items():
        assert torch.equal(states[need], shared.recorder.observed[layer][need])
    assert set(alone.recorder.observed) == ({0, 1} if second == 30 else {1})


def test_who_names_no_length_of_the_conversation_gets_windowed_layers_left_alone() -> None:
    record = prefill(windowed("gemma3-window", 100), random_ids(TOKENS), Layout(TOKENS), load("knorm").needs(LAYOUT))
    assert record.sliding == {0: 100} and replace(record, longest=100).sliding == {}
