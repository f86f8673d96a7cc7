"""Observations of a prefill equal those of the full attention matrix, which is never allocated."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from kvguard_policies import observations
from kvguard_policies.attention import rotary_table
from kvguard_policies.observations import (
    ColumnSums,
    FutureQuery,
    VisibleQueries,
    WindowAttention,
    causal_attention,
    rotate,
)
from kvguard_policies.policy import AttentionCall, Layout, Need, RotaryTable
from kvguard_policies.recording import Recorder
from kvguard_policies.records import LogitRule
from tests.models import random_model

SHAPES = [(1, 4), (4, 1), (2, 3), (3, 2)]
SCALING = 0.3


class NoRotation(RotaryTable):
    def __call__(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        return torch.ones(len(positions), 8), torch.zeros(len(positions), 8)


def random_call(heads: int, group: int, queries: int, entries: int, seed: int = 0) -> AttentionCall:
    generator = torch.Generator().manual_seed(seed)
    asked = torch.randn(heads, group, queries, 8, generator=generator)
    keys = torch.randn(heads, entries, 8, generator=generator)
    return AttentionCall(asked, keys, SCALING, torch.arange(entries - queries, entries), NoRotation())


def full_matrix(call: AttentionCall) -> Tensor:
    """Return (H, G, Q, S), every query against every key, the way the textbook writes it."""
    heads, group, queries, _ = call.queries.shape
    entries = call.keys.shape[1]
    matrix = torch.zeros(heads, group, queries, entries, dtype=torch.float64)
    for h in range(heads):
        for g in range(group):
            for q in range(queries):
                seen = entries - queries + q + 1
                logits = call.keys[h, :seen].double() @ call.queries[h, g, q].double() * SCALING
                matrix[h, g, q, :seen] = logits.softmax(0)
    return matrix


@pytest.mark.parametrize(("heads", "group"), SHAPES)
@pytest.mark.parametrize(("queries", "entries"), [(1, 1), (9, 9), (3, 11)])
def test_blocks_of_attention_are_those_of_the_full_matrix(heads: int, group: int, queries: int, entries: int) -> None:
    call = random_call(heads, group, queries, entries)
    for first, last in {(0, queries), (queries - 1, queries), (0, 1)}:
        block, seen = causal_attention(call, first, last), entries - queries + last
        expected = full_matrix(call)[:, :, first:last]
        torch.testing.assert_close(block.double(), expected[..., :seen], atol=1e-6, rtol=1e-5)
        assert not expected[..., seen:].any()


@pytest.mark.parametrize(("heads", "group"), SHAPES)
@pytest.mark.parametrize("block", [4, 5, 128])
def test_column_sums_add_up_every_query_that_may_see_a_key(
    heads: int, group: int, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observations, "QUERY_BLOCK", block)
    call = random_call(heads, group, 13, 13)
    sums = ColumnSums().measure(call)
    torch.testing.assert_close(sums.double(), full_matrix(call).sum(2), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(sums.sum(-1), torch.full((heads, group), 13.0))


@pytest.mark.parametrize(("heads", "group"), SHAPES)
@pytest.mark.parametrize("window", [1, 4, 13, 40])
def test_window_attention_is_the_mean_of_the_newest_queries(heads: int, group: int, window: int) -> None:
    call = random_call(heads, group, 13, 13)
    expected = full_matrix(call)[:, :, -window:].mean(2)
    torch.testing.assert_close(WindowAttention(window).measure(call).double(), expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("tokens", [1, 7, 65])
def test_column_sums_do_not_depend_on_how_much_memory_a_block_may_take(
    tokens: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = random_call(2, 3, tokens, tokens)
    at_once = ColumnSums().measure(call)
    monkeypatch.setattr(observations, "BLOCK_ELEMENTS", 1)
    torch.testing.assert_close(ColumnSums().measure(call), at_once, atol=1e-5, rtol=1e-5)


def test_visible_queries_count_from_the_key_to_the_end() -> None:
    assert VisibleQueries().measure(random_call(1, 1, 4, 4)).tolist() == [[[4.0, 3.0, 2.0, 1.0]]]


@pytest.mark.parametrize("observation", [ColumnSums(), WindowAttention(1), WindowAttention(4), VisibleQueries()])
def test_advancing_token_by_token_equals_measuring_at_the_end(observation) -> None:  # type: ignore[no-untyped-def]
    whole = random_call(2, 3, 12, 12)
    state = observation.measure(first_tokens(whole, 7, 7))
    for tokens in range(8, 13):
        newest = observation.query_window or 1
        state = observation.advance(state, first_tokens(whole, tokens, newest))
    torch.testing.assert_close(state, observation.measure(whole), atol=1e-5, rtol=1e-5)


def first_tokens(call: AttentionCall, tokens: int, queries: int) -> AttentionCall:
    asked = call.queries[:, :, tokens - queries : tokens]
    return AttentionCall(asked, call.keys[:, :tokens], SCALING, call.positions[tokens - queries : tokens], call.rotary)


@pytest.mark.parametrize("head_layout", ["llama-two-kv-heads-of-three", "gemma3-sliding"])
def test_the_future_query_is_the_moments_of_unrotated_queries_under_the_mean_future_rotation(head_layout: str) -> None:
    rotary = rotary_table(random_model(head_layout), 1)
    generator, tokens, future = torch.Generator().manual_seed(3), 20, 6
    plain = torch.randn(2, 3, tokens, 16, generator=generator)
    positions = torch.arange(tokens)
    call = AttentionCall(rotate(plain, *rotary(positions)), torch.zeros(2, tokens, 16), 1.0, positions, rotary)
    measured = FutureQuery(future, skip=4).measure(call)
    upcoming = torch.arange(tokens, tokens + future)
    turn = sum(rotate(torch.eye(16), *rotary(upcoming[i : i + 1])).T for i in range(future)) / future
    for h in range(2):
        for g in range(3):
            sample = plain[h, g, 4:]
            torch.testing.assert_close(measured[h, g, :, 0], turn @ sample.mean(0), atol=1e-4, rtol=1e-4)
            covariance = turn @ torch.cov(sample.T, correction=0) @ turn.T
            torch.testing.assert_close(measured[h, g, :, 1:], covariance, atol=1e-4, rtol=1e-4)


def test_the_future_query_of_a_context_of_sinks_counts_all_tokens_and_stays_while_decoding() -> None:
    call = random_call(1, 1, 3, 3)
    measured = FutureQuery(2, skip=4).measure(call)
    torch.testing.assert_close(measured[0, 0, :, 0], SCALING * call.queries[0, 0].mean(0))
    assert FutureQuery(2, 4).advance(measured, call) is measured


def test_a_rotation_leaves_the_dimensions_past_its_tables_alone() -> None:
    turned = rotate(torch.tensor([[1.0, 2.0, 9.0]]), torch.tensor([[0.0, 0.0]]), torch.tensor([[1.0, 1.0]]))
    assert turned.tolist() == [[-2.0, 1.0, 9.0]]


NEED, LOCAL = Need(ColumnSums()), Need(ColumnSums(), 1)


def recorded(hold_recent: bool = False) -> tuple[Recorder, AttentionCall]:
    recorder = Recorder([NEED, LOCAL], Layout(10, ((((2, 4)), (6, 9)),)), lambda layer: NoRotation(), hold_recent)
    call = random_call(2, 3, 10, 10)
    recorder.observe(0, call.queries.reshape(1, 6, 10, 8), call.keys[None], LogitRule(SCALING))
    return recorder, call


def test_an_instruction_span_is_observed_as_if_it_were_the_context() -> None:
    recorder, call = recorded()
    members = torch.tensor([2, 3, 6, 7, 8])
    alone = AttentionCall(call.queries[:, :, members], call.keys[:, members], SCALING, members, NoRotation())
    torch.testing.assert_close(recorder.observed[0][LOCAL], ColumnSums().measure(alone))
    torch.testing.assert_close(recorder.observed[0][NEED], ColumnSums().measure(call))


def test_observations_of_evicted_entries_are_removed_per_head() -> None:
    recorder, _ = recorded()
    before = recorder.observed[0].pop(LOCAL) is not None and recorder.observed[0][NEED]
    recorder.evict(0, [torch.tensor([0, 9]), torch.tensor([4, 5])])
    after = recorder.observed[0][NEED]
    assert torch.equal(after[0], before[0][:, [0, 9]]) and torch.equal(after[1], before[1][:, [4, 5]])
    recorder.evict(5, [])


def test_a_recorder_that_holds_no_queries_ignores_generated_tokens() -> None:
    recorder, call = recorded()
    before = recorder.observed[0][NEED]
    recorder.advance(0, call.queries[:, :, -1:].reshape(1, 6, 1, 8), call.keys, LogitRule(SCALING), 10)
    assert recorder.observed[0][NEED] is before and not recorder.recent
