"""Models that mix attention with recurrent layers: attention is compressed, states are carried exactly."""

from __future__ import annotations

import re
import weakref
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
import torch
import transformers
from transformers import PreTrainedModel, cache_utils

from kvguard_policies import compression, ragged_attention
from kvguard_policies.compact import CompactCache
from kvguard_policies.compression import PrefillRecord, compress, compress_prefix, prefill
from kvguard_policies.hf_cache import RaggedCache, cache_argument
from kvguard_policies.policy import Layout, PolicyError
from kvguard_policies.reading_on import carries_on
from kvguard_policies.recurrent_states import RecurrentStates
from kvguard_policies.spec import load
from pytest_kvguard.engine import batch, decode
from pytest_kvguard.engine.decode import decode_rows
from pytest_kvguard.engine.jobs import Generation, Job
from pytest_kvguard.engine.planner import run_jobs
from pytest_kvguard.engine.room import Room
from pytest_kvguard.engine.row import Row
from pytest_kvguard.engine.row_states import RowStates
from pytest_kvguard.engine.self_check import check_model
from pytest_kvguard.values.cell import Cell
from tests.families import family, generated, loaded
from tests.hybrids import HYBRIDS, REFUSED
from tests.models import random_ids

NEW, PLAIN = 6, Cell()
SIZES = ((30, 3), (45, 5), (52, 1), (33, 17))
"""Tokens of each prompt, and how many of them are fed after the context: no two rows are alike."""

FORGETFUL = {"jamba", "zamba"}
"""Families that start a call of several tokens from nothing, whatever they have read before."""

PRESENT = [name for name, (config, _) in HYBRIDS.items() if hasattr(transformers, config)]
hybrids = pytest.mark.parametrize("name", PRESENT)
has_layers = hasattr(cache_utils, "LinearAttentionCacheLayerMixin")
"""Whether caches of this release of transformers have layers for recurrent states."""


@cache
def hybrid(name: str) -> PreTrainedModel:
    class_name, settings = HYBRIDS[name]
    return family(class_name, **settings)


def job(tokens: int, fed: int, cell: Cell = PLAIN, **options: Any) -> Job:
    layout = Layout(tokens - fed, groups=(((4, 10),), ((14, 20),)), forced=((4, 6),))
    return Job(tuple(random_ids(tokens, seed=tokens)), tokens - fed, layout, cell, max_new_tokens=NEW, **options)


def replies(generations: Sequence[Generation]) -> list[list[int]]:
    return [list(generation.token_ids) for generation in generations]


@pytest.fixture(autouse=True)
def on_releases_whose_caches_hold_states(request: pytest.FixtureRequest) -> None:
    if not has_layers and "refused" not in request.node.name:
        pytest.skip("hybrids of this release of transformers hold their states in caches of their own")


@hybrids
def test_rows_of_one_batch_answer_as_generate_does(name: str) -> None:
    model = hybrid(name)
    jobs = [job(*size) for size in SIZES]
    assert replies(run_jobs(loaded(model), jobs)) == [generated(model, asked.token_ids, NEW) for asked in jobs]


@hybrids
def test_the_uncompressed_arm_is_the_model(name: str) -> None:
    assert check_model(loaded(hybrid(name), name), "sdpa").problem == ""


@hybrids
def test_compressed_rows_are_the_same_alone_and_in_a_batch(name: str) -> None:
    assert_same_alone(hybrid(name), [job(*size, Cell.of("adakv(snapkv)", "0.5")) for size in SIZES[:3]])


@pytest.mark.parametrize("name", ["qwen3_5", "jamba", "falcon_h1"])
def test_so_are_quantized_rows_and_rows_that_hold_a_budget(name: str) -> None:
    quantized = [job(*size, Cell.of("kivi(group=4, residual=4)", "0")) for size in SIZES[:2]]
    holding = [job(*size, Cell.of("snapkv", "0.5"), hold_budget=True) for size in SIZES[:2]]
    assert_same_alone(hybrid(name), quantized + holding)


def assert_same_alone(model: PreTrainedModel, jobs: Sequence[Job]) -> None:
    together = run_jobs(loaded(model), jobs)
    assert replies(together) == [list(run_jobs(loaded(model), [asked])[0].token_ids) for asked in jobs]


@hybrids
def test_only_entries_of_attention_layers_are_removed_and_counted(name: str) -> None:
    model, asked = hybrid(name), job(60, 5, Cell.of("knorm", "0.5"))
    record = prefill(model, asked.region)
    context = compress(record, load("knorm"), Fraction(1, 2))
    attending = record.compressible_layers
    assert len(attending) > 0 and all(len(record.keys[index]) for index in attending)
    assert all(context.layers[index].counts == (27,) * len(record.keys[index]) for index in attending)
    rest = set(range(len(record.keys))) - set(attending) - set(context.sliding)
    assert all(context.layers[index].counts == () and context.layers[index].cache_bytes == 0 for index in rest)
    answer = run_jobs(loaded(model), [replace(asked, max_new_tokens=1)])[0]
    heads = sum(len(record.keys[index]) for index in attending)
    assert (answer.entries_before, answer.entries_after) == (55 * heads, 27 * heads)
    assert (answer.bytes_before, answer.bytes_after) == (record.cache_bytes, context.cache_bytes)
    assert f"their states, {context.states.nbytes} bytes, are carried as they are and counted in no ratio" in str(
        answer.notes
    )
    assert context.states.nbytes == _bytes_of_states(model, asked.region) > 0


def _bytes_of_states(model: Any, ids: Sequence[int]) -> int:
    """Return the bytes of what transformers' own cache holds beside keys and values."""
    own = transformers.DynamicCache(config=model.config)
    model(torch.tensor([list(ids)]), **cache_argument(model, own))
    states = (getattr(layer, kind, {}) for layer in own.layers for kind in ("conv_states", "recurrent_states"))
    return sum(state.nbytes for layer in states for state in layer.values() if state is not None)


@hybrids
def test_nothing_evicted_is_the_uncompressed_arm_to_the_bit(name: str) -> None:
    model = hybrid(name)
    record = prefill(model, random_ids(50))
    kept, plain = (compress(record, policy, Fraction(0)) for policy in (load("snapkv"), None))
    assert torch.equal(logits_after(model, kept), logits_after(model, plain))


@torch.no_grad()
def logits_after(model: PreTrainedModel, context: CompactCache, tokens: int = 4) -> torch.Tensor:
    """Return the logits of tokens that are fed one by one, so that every family carries its states."""
    cache = RaggedCache.of([context], reserve=tokens)
    logits = []
    with ragged_attention(model):
        for place, token in enumerate(random_ids(tokens, seed=9)):
            position = torch.tensor([[context.seen_tokens + place]])
            passed = cache_argument(model, cache)
            logits.append(model(input_ids=torch.tensor([[token]]), **passed, position_ids=position).logits[0])
    return torch.cat(logits)


@hybrids
def test_a_context_answers_the_same_however_often_it_was_used(name: str) -> None:
    model = hybrid(name)
    context = compress(prefill(model, random_ids(50)), load("knorm"), Fraction(1, 2))
    first = logits_after(model, context)
    rows = [Row(context, tuple(random_ids(3, seed=seed)), 5) for seed in range(3)]
    decode_rows(model, rows, frozenset())
    assert torch.equal(logits_after(model, context), first)


@hybrids
def test_a_reused_prefix_gives_the_same_states_and_scores(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "MIN_PREFIX_TOKENS", 64)
    model, policy, first = hybrid(name), load("snapkv"), random_ids(210)
    layout = Layout(210, groups=(((140, 150),), ((204, 209),)))
    second = [*first[:200], *random_ids(10, seed=5)]
    needs = policy.needs(layout)
    earlier = prefill(model, first, layout, needs)
    reused, fresh = (prefill(model, second, layout, needs, earlier=other) for other in (earlier, None))
    assert reused.reused_tokens == (0 if name in FORGETFUL else 192)
    assert_equal_records(reused, fresh)
    third = prefill(model, first, layout, needs, earlier=reused)  # a prefix that was itself reused
    assert_equal_records(third, earlier)


def assert_equal_records(left: PrefillRecord, right: PrefillRecord) -> None:
    assert all(map(torch.equal, (*left.keys, *left.values), (*right.keys, *right.values)))
    assert left.states.same(right.states)
    for layer, observed in right.recorder.observed.items():
        assert all(torch.equal(left.recorder.observed[layer][need], result) for need, result in observed.items())


@hybrids
def test_whether_a_call_of_several_tokens_carries_states_on_is_asked_of_the_model(name: str) -> None:
    assert carries_on(hybrid(name)) == (name not in FORGETFUL)


def test_a_model_without_recurrent_layers_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kvguard_policies.reading_on._tried", lambda *_: pytest.fail("it was asked"))
    assert carries_on(family("LlamaConfig"))


@pytest.mark.parametrize("name", ["qwen3_5", "jamba"])
def test_generate_reads_a_compressed_cache(name: str) -> None:
    model: Any = hybrid(name)
    ids, question = random_ids(40), random_ids(1, seed=3)
    cache = compress_prefix(model, ids, load("knorm"), "0")
    with ragged_attention(model):
        output = model.generate(
            torch.tensor([ids + question]), **cache_argument(model, cache), max_new_tokens=NEW, do_sample=False,
            eos_token_id=None, pad_token_id=0,
        )  # fmt: skip
    assert output[0, 41:].tolist() == generated(model, ids + question, NEW)


@pytest.mark.parametrize("name", ["qwen3_5", "falcon_h1", "zamba2"])
def test_rows_that_join_late_and_leave_early_do_not_touch_the_states_of_others(name: str) -> None:
    model = hybrid(name)
    asked = [replace(job(*size), max_new_tokens=new) for size, new in zip(SIZES * 2, (3, 9, 1, 6) * 2, strict=True)]
    contexts = [compress(prefill(model, one.region), None, Fraction(0)) for one in asked]
    rows = [Row(context, one.fed, one.max_new_tokens) for context, one in zip(contexts, asked, strict=True)]
    decode_rows(model, rows, frozenset(), room=Room(3, 1 << 20))
    assert [row.generated for row in rows] == [generated(model, one.token_ids, one.max_new_tokens) for one in asked]


@pytest.mark.parametrize("name", ["qwen3_5", "jamba"])
def test_bfloat16_is_the_model_too(name: str) -> None:
    class_name, settings = HYBRIDS[name]
    model = loaded(family(class_name, **settings).to(torch.bfloat16))
    assert check_model(model, "sdpa").problem == ""
    jobs = [job(*size, Cell.of("snapkv", "0.5")) for size in SIZES]
    assert replies(run_jobs(model, jobs)) == [list(run_jobs(model, [one])[0].token_ids) for one in jobs]


def test_caches_of_transformers_hold_hybrids_as_well() -> None:
    model = loaded(hybrid("qwen3_5"))
    plain, *own = run_jobs(model, [job(45, 5), *(job(45, 5, Cell.of(name, "0")) for name in ("dynamic", "static"))])
    assert [reply.token_ids for reply in own] == [plain.token_ids] * 2
    assert own[0].bytes_after == plain.bytes_before


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_carried_is_refused_in_one_line(name: str) -> None:
    class_name, settings = REFUSED[name]
    if not has_layers or not hasattr(transformers, class_name):
        pytest.skip("this release of transformers has another cache")
    problem = check_model(loaded(family(class_name, **settings), name), "sdpa").problem
    reason = {
        "minimax": "takes no cache but one of its own making (MiniMaxCache)",
        "recurrent_gemma": "keeps the states of its recurrent layers in the model instead of its cache",
    }
    assert reason[name] in problem
    assert f"family {name!r}" in problem and "\n" not in problem and ". Use " in problem


@pytest.mark.skipif(has_layers, reason="hybrids run on this release of transformers")
@pytest.mark.parametrize("name", [name for name in PRESENT if name != "zamba"])  # which has no sdpa there
def test_on_older_releases_hybrids_are_refused_in_one_line(name: str) -> None:
    problem = check_model(loaded(hybrid(name), name), "sdpa").problem
    assert re.search(
        r"takes no cache but one of its own making \(\w+Cache\).* Upgrade transformers: pip install", problem
    )
    assert "\n" not in problem


@pytest.mark.skipif(not has_layers, reason="the family has a cache of its own on this release of transformers")
def test_a_model_that_never_attends_is_refused_in_one_line() -> None:
    small = {"hidden_size": 16, "state_size": 4, "num_hidden_layers": 1}
    with pytest.raises(PolicyError, match="family 'mamba' has no layer that attends.*Use a model with attention"):
        RaggedCache.empty(family("MambaConfig", "eager", **small))


@torch.no_grad()
def test_masks_of_a_call_are_dropped_with_the_next_where_the_first_layer_has_none() -> None:
    model, ids = hybrid("qwen3_5"), random_ids(6)
    cache, plans = RaggedCache.of([compress(prefill(model, random_ids(20)), None, Fraction(0))], reserve=6), []
    with ragged_attention(model):
        for place in range(3):
            position = torch.tensor([[20 + place]])
            model(torch.tensor([ids[place : place + 1]]), **cache_argument(model, cache), position_ids=position)
            assert cache.step is not None
            plans.append(weakref.ref(cache.step.plan))
    assert [plan() is None for plan in plans] == [True, True, False]


@pytest.mark.parametrize("name", ["qwen3_5", "jamba"])
def test_a_tie_that_is_decided_late_takes_no_state_back(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "next_token_alone", lambda _, row: (row.fed[0] + len(row.generated)) % 100 + 5)
    asked = [job(*size) for size in SIZES]
    contexts = [compress(prefill(hybrid(name), one.region), None, Fraction(0)) for one in asked]
    replies_by_lateness = []
    for late in (0, 1):
        monkeypatch.setattr(batch, "LATE_STEPS", {"cpu": late})
        rows = [Row(context, one.fed, 12) for context, one in zip(contexts, asked, strict=True)]
        decode_rows(hybrid(name), rows, frozenset(), tie=0.5)
        replies_by_lateness.append([row.generated for row in rows])
    assert replies_by_lateness[0] == replies_by_lateness[1]


def test_states_wait_for_rows_that_miss_a_call_and_for_none_that_ended() -> None:
    context = compress(prefill(hybrid("qwen3_5"), random_ids(20)), None, Fraction(0))
    here, away, ended = rows = [Row(context, (5, 6), 3) for _ in range(3)]
    states = RowStates()
    for number, layer in enumerate(states.of(rows, 1).layers.values()):
        layer.recurrent_states[0].copy_(torch.arange(4.0)[:, None, None, None] + 10 * number)
    ended.stopped = "stop"
    assert [layer.recurrent_states[0][:, 0, 0, 0].tolist() for layer in states.of([here], 2).layers.values()] == [
        [0.0] * 3,
        [10.0] * 3,
    ]
    assert [layer.recurrent_states[0][:, 0, 0, 0].tolist() for layer in states.of([away, here], 0).layers.values()] == [
        [1.0, 0.0],
        [11.0, 10.0],
    ]
    assert not states._waiting


def test_states_are_copied_whenever_rows_are_selected_or_joined() -> None:
    first, second = (prefill(hybrid("qwen3_5"), random_ids(20, seed=seed)).states for seed in (1, 2))
    joined = RecurrentStates.joined([first, second])
    assert joined.select([1]).same(second) and joined.select([0]).same(first)
    layer = joined.layers[0]
    layer.recurrent_states[0].zero_()
    assert not joined.select([0]).same(first) and first.layers[0].recurrent_states[0].any()
