"""Batch invariance: a row's reply does not depend on other rows; and kept entries keep their true positions."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import pytest
import torch

from kvguard_policies import LayerRecord, Policy, Priority, Scores, compress, load, prefill
from pytest_kvguard.engine.decode import Row, decode_rows
from tests.models import random_ids
from tests.policies.matrix import (
    HEAD_LAYOUTS,
    QUESTION,
    SPECS,
    TOKENS,
    WITHOUT_SLIDING,
    compressed,
    context_record,
    logits_after,
    model_of,
    plain_logits,
    top_two_margin,
)

LENGTHS = (33, 38, 43, 48, 53, 58, 63)
TIE = 2e-3
"""Greedy replies may differ between batch shapes only where the two best logits are closer than this."""


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("head_layout", HEAD_LAYOUTS)
def test_logits_of_a_row_do_not_depend_on_other_rows_of_the_batch(head_layout: str, spec: str) -> None:
    caches = [compressed(context_record(head_layout, n, seed=n), spec, "0.4") for n in LENGTHS]
    suffixes = [random_ids(1 + number * 5 % 8, seed=number) for number in range(len(caches))]
    assert_rows_stand_alone(head_layout, caches, suffixes)


@pytest.mark.parametrize("head_layout", ["llama-two-kv-heads-of-three", "gemma3-sliding"])
def test_rows_of_every_length_modulo_32_and_many_fed_lengths_stand_alone(head_layout: str) -> None:
    records = [prefill(model_of(head_layout), random_ids(tokens)) for tokens in range(32, 64)]
    caches = [compressed(record, "adakv(keydiff)", "0.5") for record in records]
    suffixes = [random_ids(1 + number * 7 % 33, seed=number) for number in range(len(caches))]
    assert_rows_stand_alone(head_layout, caches, suffixes)


def assert_rows_stand_alone(head_layout: str, caches: list, suffixes: list[list[int]]) -> None:
    model = model_of(head_layout)
    together = logits_after(model, caches, suffixes)
    for cache, suffix, batched in zip(caches, suffixes, together, strict=True):
        alone = logits_after(model, [cache], [suffix])[0]
        torch.testing.assert_close(batched, alone, atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize("head_layout", HEAD_LAYOUTS)
def test_replies_are_the_same_alone_and_in_a_shrinking_batch_but_for_ties(head_layout: str) -> None:
    model, rows, solo = model_of(head_layout), [], []
    for number, spec in enumerate(SPECS):
        cache = compressed(context_record(head_layout, LENGTHS[number % len(LENGTHS)]), spec, "0.5")
        fed = tuple(random_ids(1 + number % 6, seed=number))
        rows.append(Row(cache, fed, max_new_tokens=3 + 5 * (number % 5)))
        solo.append(Row(cache, fed, max_new_tokens=3 + 5 * (number % 5)))
    decode_rows(model, rows, frozenset({5}))
    for batched, alone in zip(rows, solo, strict=True):
        decode_rows(model, [alone], frozenset({5}))
        assert_same_but_for_ties(model, alone, batched.generated)


def assert_same_but_for_ties(model, row: Row, other: list[int]) -> None:  # type: ignore[no-untyped-def]
    same = sum(1 for _ in common_prefix(row.generated, other))
    if same < max(len(row.generated), len(other)):
        fed = [*row.fed, *row.generated[:same]]
        assert top_two_margin(logits_after(model, [row.cache], [fed])[0][-1]) < TIE


def common_prefix(one: list[int], other: list[int]):  # type: ignore[no-untyped-def]
    for left, right in zip(one, other, strict=False):
        if left != right:
            return
        yield left


@pytest.mark.parametrize("head_layout", HEAD_LAYOUTS)
def test_decoded_tokens_are_the_argmax_of_teacher_forced_logits(head_layout: str) -> None:
    model, cache = model_of(head_layout), compressed(context_record(head_layout), "adakv(keydiff)", "0.5")
    row = Row(cache, tuple(QUESTION), max_new_tokens=40)
    decode_rows(model, [row], frozenset())
    forced = logits_after(model, [cache], [[*QUESTION, *row.generated]])[0][len(QUESTION) - 1 : -1]
    for logits, token in zip(forced, row.generated, strict=True):
        assert logits.argmax() == token or top_two_margin(logits) < TIE


@dataclass(frozen=True)
class SameInAllHeads(Policy):
    """Keeps scattered tokens, the same in every head."""

    def score(self, layer: LayerRecord) -> Scores:
        values = (layer.positions * 7919 % 101).float()
        return Scores(values, torch.zeros_like(layer.positions, dtype=torch.int8))


ONE_LAYER_POLICIES = {
    "the newest": load("streaming_llm(sinks=0)"),
    "sinks and the newest": load("streaming_llm"),
    "a share of each group": load("fair(streaming_llm)"),
    "forced and the newest": load("keep(streaming_llm)"),
    "what the last token looks at": load("tova"),
    "scattered tokens": SameInAllHeads(),
}


@pytest.mark.parametrize("ratio", ["0.3", "0.5", "0.9"])
@pytest.mark.parametrize("kept", ONE_LAYER_POLICIES)
@pytest.mark.parametrize("head_layout", WITHOUT_SLIDING)
def test_on_one_layer_evicting_is_running_the_kept_tokens_at_their_true_positions(
    head_layout: str, kept: str, ratio: str
) -> None:
    model, ids = model_of(head_layout, layers=1), random_ids(TOKENS)
    cache = compress(context_record(head_layout, layers=1), ONE_LAYER_POLICIES[kept], Fraction(ratio))
    kept_positions = cache.layers[0].positions[0].tolist()
    assert all(head.tolist() == kept_positions for head in cache.layers[0].positions)
    positions = [*kept_positions, *range(TOKENS, TOKENS + len(QUESTION))]
    alone = plain_logits(model, [*(ids[p] for p in kept_positions), *QUESTION], positions)[len(kept_positions) :]
    torch.testing.assert_close(logits_after(model, [cache], [QUESTION])[0], alone, atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize("head_layout", WITHOUT_SLIDING)
def test_evicting_a_prefix_keeps_exactly_the_suffix(head_layout: str) -> None:
    cache = compressed(context_record(head_layout), "streaming_llm(sinks=0)", "0.75")
    assert all(kept.tolist() == [*range(36, 48)] for layer in cache.layers for kept in layer.positions)


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("head_layout", HEAD_LAYOUTS)
def test_keys_and_values_of_kept_entries_are_moved_unchanged_and_together(head_layout: str, spec: str) -> None:
    record = context_record(head_layout)
    cache = compressed(record, spec, "0.6")
    for index, layer in enumerate(cache.layers):
        for exact, compact in ((record.keys[index], layer.keys), (record.values[index], layer.values)):
            picked = [head[kept] for head, kept in zip(exact, layer.positions, strict=True)]
            assert torch.equal(compact, torch.cat(picked))
        assert all(torch.equal(kept, kept.unique(sorted=True)) for kept in layer.positions)


def test_priorities_are_ordered_forced_first() -> None:
    assert Priority.FORCED > Priority.SINK > Priority.WINDOW > Priority.FREE
