"""Scope decode: every layer holds exactly its budget while generating, and positions stay true."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import pytest
import torch
from torch import Tensor

from kvguard_policies import Layout, PolicyError, RaggedCache, compress, load, prefill
from pytest_kvguard.engine import batch, hold
from pytest_kvguard.engine.decode import Row, decode_rows
from pytest_kvguard.engine.hold import BudgetHolder
from tests.models import random_ids
from tests.policies.matrix import SPECS, model_of, plain_logits, top_two_margin

HOLDABLE = [spec for spec in SPECS if load(spec).can_decode]
TOKENS, GENERATED, TIE = 40, 132, 2e-3
LAYOUT = Layout(TOKENS, forced=((5, 9),))
MODELS = ("llama-two-kv-heads-of-three", "qwen2-one-kv-head", "gemma3-sliding")


class CountingHolder(BudgetHolder):
    """Checks after every token that cache, positions and budget agree."""

    calls = 0

    def hold(self, cache: RaggedCache, row: int, new_positions: Tensor) -> None:
        super().hold(cache, row, new_positions)
        self.calls += 1
        for index in self.layers:
            assert set(cache.layers[index].lengths[row].tolist()) == {self.budgets[index]}
            assert self.positions[index].shape[1] == self.budgets[index]
            assert (self.positions[index].diff(dim=1) > 0).all(), "positions ascend, none twice"


def held_row(head_layout: str, spec: str, ratio: str = "0.5", layers: int = 2, seed: int = 0, new: int = 60) -> Row:
    model, policy = model_of(head_layout, layers), load(spec)
    record = prefill(model, random_ids(TOKENS, seed), LAYOUT, policy.needs(LAYOUT), hold_recent=True)
    cache = compress(record, policy, Fraction(ratio))
    return Row(cache, (7,), new, CountingHolder(record, cache, policy))


@pytest.mark.parametrize("head_layout", MODELS)
def test_every_layer_holds_its_budget_through_many_tokens_and_evictions(head_layout: str) -> None:
    rows = [held_row(head_layout, spec, new=GENERATED) for spec in HOLDABLE]
    decode_rows(model_of(head_layout), rows, frozenset())
    for row in rows:
        assert len(row.generated) == GENERATED
        assert row.holder.calls == GENERATED, "one fed token and all generated ones but the last"
        assert row.holder.evictions == GENERATED * len(row.holder.layers)
        newest = max(int(positions.max()) for positions in row.holder.positions.values())
        assert newest <= TOKENS + GENERATED - 1
        assert sum(row.holder.budgets.values()) == len(row.holder.layers) * TOKENS // 2


@pytest.mark.parametrize("head_layout", ["llama-two-kv-heads-of-three", "phi3"])
def test_a_window_held_while_generating_sees_the_newest_tokens_at_their_true_positions(head_layout: str) -> None:
    model = model_of(head_layout, layers=1)
    row = held_row(head_layout, "streaming_llm(sinks=0)", "0.6", layers=1, new=128)
    decode_rows(model, [row], frozenset())
    said = [*random_ids(TOKENS), 7, *row.generated]
    window = TOKENS * 2 // 5 + 1
    for end in range(TOKENS + 1, len(said)):
        logits = plain_logits(model, said[end - window : end], range(end - window, end))[-1]
        assert logits.argmax() == said[end] or top_two_margin(logits) < TIE
    assert row.holder.positions[0].tolist() == [[*range(TOKENS + 128 - window + 1, TOKENS + 128)]] * 2


@pytest.mark.parametrize("spec", ["streaming_llm", "keep(streaming_llm)", "expected_attention(sinks=3)"])
def test_sinks_and_forced_tokens_outlive_the_generation(spec: str) -> None:
    row = held_row("llama-two-kv-heads-of-three", spec, "0.6")
    decode_rows(model_of("llama-two-kv-heads-of-three"), [row], frozenset())
    protected = {5, 6, 7, 8} if spec.startswith("keep") else {0, 1, 2}
    for positions in row.holder.positions.values():
        assert all(protected <= set(head) for head in positions.tolist())


@dataclass
class Trace:
    """The decisions of one row: positions, scores and kept indices per eviction, margin of the two best per token."""

    evictions: list[tuple[Tensor, Tensor, list[Tensor]]] = field(default_factory=list)
    margins: list[float] = field(default_factory=list)


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch) -> dict[str, Trace]:
    kept_traces: dict[str, Trace] = {}
    evaluate, queue = hold.evaluate, batch.queue_step

    def traced_evaluate(policy, layer):  # type: ignore[no-untyped-def]
        kept = evaluate(policy, layer)
        decision = (layer.positions, policy.score(layer).values, list(kept))
        kept_traces.setdefault(policy.spec, Trace()).evictions.append(decision)
        return kept

    def traced_queue(rows, logits, positions, tie):  # type: ignore[no-untyped-def]
        kept_traces.setdefault("any", Trace()).margins.append(top_two_margin(logits[0]))
        return queue(rows, logits, positions, tie)

    monkeypatch.setattr(hold, "evaluate", traced_evaluate)
    monkeypatch.setattr(batch, "queue_step", traced_queue)
    return kept_traces


@pytest.mark.parametrize("head_layout", ["llama-no-gqa", "qwen3-three-kv-heads-of-two"])
def test_a_held_row_replies_the_same_alone_and_in_a_shrinking_batch_but_for_ties(
    head_layout: str, traces: dict[str, Trace]
) -> None:
    stops = frozenset({2, 5, 9, 17})
    rows = [held_row(head_layout, spec, seed=number) for number, spec in enumerate(HOLDABLE)]
    assert len({len(row.generated) for row in decoded(head_layout, rows, stops)}) > 3, "rows stop at different times"
    shared = dict(traces)
    for number, spec in enumerate(HOLDABLE):
        traces.clear()
        [alone] = decoded(head_layout, [held_row(head_layout, spec, seed=number)], stops)
        name = load(spec).spec
        if alone.generated != rows[number].generated:
            together = next(trace for key, trace in shared.items() if key == name)
            assert_parted_at_a_tie(traces[name], together, alone, rows[number], traces["any"].margins)


def decoded(head_layout: str, rows: list[Row], stops: frozenset[int]) -> list[Row]:
    decode_rows(model_of(head_layout), rows, stops)
    return rows


def assert_parted_at_a_tie(alone: Trace, together: Trace, one: Row, other: Row, margins: list[float]) -> None:
    """The first thing that differed was a choice between equals: two scores, or two logits."""
    pairs = zip(one.generated, other.generated, strict=False)
    token = next(i for i, (left, right) in enumerate(pairs) if left != right)
    for number, (own, others) in enumerate(zip(alone.evictions, together.evictions, strict=False)):
        if number // len(one.holder.layers) >= token:
            break
        gaps = list(score_gaps(own, others))
        if gaps:
            assert max(gaps) < 1e-5
            return
    assert margins[token] < TIE


def score_gaps(own: tuple, other: tuple) -> Iterator[float]:
    """Yield, for heads that kept different entries, the relative spread of the scores of the differing entries."""
    (_, scores, kept), (_, _, other_kept) = own, other
    for values, indices, other_indices in zip(scores, kept, other_kept, strict=True):
        disputed = sorted(set(indices.tolist()) ^ set(other_indices.tolist()))
        if disputed:
            yield float(values[disputed].max() - values[disputed].min()) / float(values.abs().max())


@pytest.mark.parametrize("spec", [spec for spec in SPECS if spec not in HOLDABLE])
def test_policies_that_give_heads_different_counts_are_refused(spec: str) -> None:
    policy = load(spec)
    record = prefill(model_of("mistral"), random_ids(TOKENS), LAYOUT, policy.needs(LAYOUT), hold_recent=True)
    with pytest.raises(PolicyError) as refused:
        BudgetHolder(record, compress(record, policy, Fraction("0.5")), policy)
    assert str(refused.value) == (
        f"{policy.spec} cannot hold a budget while generating: it gives heads different counts, needs the whole "
        "context or quantizes. Use --kv-scope=context or --kv-scope=prompt with it."
    )


def test_only_fair_and_adakv_are_refused() -> None:
    assert all(("fair" in spec or "adakv" in spec) != (spec in HOLDABLE) for spec in SPECS)


def test_holding_a_budget_changes_nothing_that_another_row_of_the_same_context_uses() -> None:
    model, policy = model_of("mistral"), load("h2o")
    record = prefill(model, random_ids(TOKENS), LAYOUT, policy.needs(LAYOUT), hold_recent=True)
    before = {need: state.clone() for need, state in record.recorder.observed[0].items()}
    for _ in range(2):
        cache = compress(record, policy, Fraction("0.5"))
        decode_rows(model, [Row(cache, (7,), 20, BudgetHolder(record, cache, policy))], frozenset())
    assert all(torch.equal(state, record.recorder.observed[0][need]) for need, state in before.items())


class Heard:
    """Every generated token's query and the keys it met, as the kernel handed them to a recorder."""

    def __init__(self, holder: BudgetHolder) -> None:
        self.calls: list[tuple[Tensor, Tensor]] = []
        advance = holder.recorder.advance

        def listen(layer, query, keys, *rest):  # type: ignore[no-untyped-def]
            self.calls.append((query[0, :, 0].clone(), keys.clone()))
            advance(layer, query, keys, *rest)

        holder.recorder.advance = listen


def test_attention_sums_follow_the_entries_through_evictions() -> None:
    model, policy = model_of("llama-two-kv-heads-of-three", 1), load("h2o")
    [need] = policy.needs(LAYOUT)
    record = prefill(model, random_ids(TOKENS), LAYOUT, [need], hold_recent=True)
    cache = compress(record, policy, Fraction("0.5"))
    holder = BudgetHolder(record, cache, policy)
    sums = [dict(enumerate(head.T.tolist())) for head in record.recorder.observed[0][need]]
    sums = [
        {position: head[position] for position in kept.tolist()}
        for head, kept in zip(sums, cache.layers[0].positions, strict=True)
    ]
    heard, row = Heard(holder), Row(cache, (7,), 30, holder)
    decode_rows(model, [row], frozenset())
    for position, (queries, keys) in enumerate(heard.calls, start=TOKENS):
        for head in range(2):
            held, logits = sorted(sums[head]), queries.view(2, 3, -1)[head] @ keys[head].T * keys.shape[-1] ** -0.5
            for place, weights in zip([*held, position], logits.softmax(-1).T.tolist(), strict=True):
                before = sums[head].get(place, [0.0] * 3)
                sums[head][place] = [old + new for old, new in zip(before, weights, strict=True)]
            recent = sorted(sums[head])[-(TOKENS // 4) :]
            worst = min(set(sums[head]) - set(recent), key=lambda place: sum(sums[head][place]))
            del sums[head][worst]
    for head in range(2):
        assert holder.positions[0][head].tolist() == sorted(sums[head])
        expected = torch.tensor([sums[head][place] for place in sorted(sums[head])]).T
        torch.testing.assert_close(holder.recorder.observed[0][need][head], expected, atol=1e-4, rtol=1e-4)
