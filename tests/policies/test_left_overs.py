"""A policy has no side effects: on the model, on the record, or on the next call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NoReturn

import pytest
import torch
from transformers import AttentionInterface
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from kvguard_policies import (
    LayerRecord,
    Layout,
    Policy,
    RaggedCache,
    Scores,
    cache_argument,
    compress,
    compress_prefix,
    load,
    prefill,
    ragged_attention,
)
from tests.models import random_ids
from tests.policies.matrix import (
    HEAD_LAYOUTS,
    LAYOUT,
    QUESTION,
    SPECS,
    TOKENS,
    compressed,
    context_record,
    kept_positions,
    logits_after,
    model_of,
    plain_logits,
)


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("head_layout", HEAD_LAYOUTS)
def test_a_second_call_answers_as_the_first_whatever_ran_in_between(head_layout: str, spec: str) -> None:
    model, policy, answers, kept = model_of(head_layout), load(spec), [], []
    for seed in (0, 3, 0):
        record = prefill(model, random_ids(TOKENS, seed), LAYOUT, policy.needs(LAYOUT))
        cache = compress(record, policy, Fraction("0.6"))
        answers.append(logits_after(model, [cache], [QUESTION])[0])
        kept.append(kept_positions(cache))
    assert torch.equal(answers[0], answers[2]) and kept[0] == kept[2]
    assert not torch.equal(answers[0], answers[1])


@pytest.mark.parametrize("spec", SPECS)
def test_compressing_changes_neither_the_record_nor_an_earlier_cache(spec: str) -> None:
    record = context_record("llama-two-kv-heads-of-three")
    keys = [vectors.clone() for vectors in record.keys]
    first = compressed(record, spec, "0.5")
    compressed(record, spec, "0.9")
    logits_after(model_of("llama-two-kv-heads-of-three"), [first], [QUESTION])
    assert kept_positions(compressed(record, spec, "0.5")) == kept_positions(first)
    assert all(torch.equal(old, new) for old, new in zip(keys, record.keys, strict=True))


@pytest.mark.parametrize("head_layout", HEAD_LAYOUTS)
def test_questions_about_one_compressed_context_do_not_affect_each_other(head_layout: str) -> None:
    model, cache = model_of(head_layout), compressed(context_record(head_layout), "adakv(keydiff)", "0.5")
    alone = logits_after(model, [cache], [QUESTION])[0]
    logits_after(model, [cache], [random_ids(11, seed=4)])
    assert torch.equal(logits_after(model, [cache], [QUESTION])[0], alone)


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("head_layout", HEAD_LAYOUTS)
def test_the_plain_model_after_a_policy_is_the_plain_model_before(head_layout: str, spec: str) -> None:
    model, ids = model_of(head_layout), random_ids(30)
    before = plain_logits(model, ids)
    cache = compress_prefix(model, random_ids(TOKENS), load(spec), "0.5", LAYOUT)
    with ragged_attention(model):
        model(torch.tensor([QUESTION]), **cache_argument(model, cache))
    assert_untouched(model, ids, before)


@dataclass(frozen=True)
class Exploding(Policy):
    """Breaks while scoring."""

    def score(self, layer: LayerRecord) -> Scores:
        raise RuntimeError("scores went up in smoke")


@pytest.fixture
def exploding_kernel() -> Iterator[str]:
    def explode(*args: Any, **options: Any) -> NoReturn:
        raise RuntimeError("attention went up in smoke")

    AttentionInterface.register("exploding", explode)
    yield "exploding"
    del ALL_ATTENTION_FUNCTIONS._global_mapping["exploding"]


@pytest.mark.parametrize("own_attention", ["sdpa", "eager"])
@pytest.mark.parametrize("head_layout", HEAD_LAYOUTS)
def test_the_plain_model_survives_exceptions_anywhere_inside(
    head_layout: str, own_attention: str, exploding_kernel: str
) -> None:
    model, ids = model_of(head_layout), random_ids(30)
    model.set_attn_implementation(own_attention)
    try:
        before = plain_logits(model, ids)
        with pytest.raises(RuntimeError, match="scores went up"):
            compress_prefix(model, ids, Exploding(), "0.5")
        with pytest.raises(RuntimeError, match="attention went up"):
            prefill(model, ids, kernel=exploding_kernel)
        with pytest.raises(KeyError, match="body"), ragged_attention(model):
            model(torch.tensor([ids]), **cache_argument(model, RaggedCache(model.config.num_hidden_layers)))
            raise KeyError("body")
        assert_untouched(model, ids, before, own_attention)
    finally:
        model.set_attn_implementation("sdpa")


def assert_untouched(model: Any, ids: list[int], before: torch.Tensor, attention: str = "sdpa") -> None:
    assert model.config._attn_implementation == attention
    assert torch.equal(plain_logits(model, ids), before)


@pytest.mark.parametrize("head_layout", HEAD_LAYOUTS)
def test_random_keeps_the_same_tokens_on_every_run_at_any_seed_of_torch(head_layout: str) -> None:
    record = context_record(head_layout)
    torch.manual_seed(1)
    first = kept_positions(compressed(record, "random", "0.5"))
    torch.manual_seed(2)
    assert kept_positions(compressed(record, "random", "0.5")) == first
    assert kept_positions(compressed(record, "random(seed=1)", "0.5")) != first


def test_random_keeps_other_tokens_in_other_layers_and_heads() -> None:
    kept = kept_positions(compressed(context_record("llama-no-gqa"), "random", "0.5"))
    flat = [tuple(positions) for heads in kept for positions in heads]
    assert len(set(flat)) == len(flat)


def test_an_unmarked_layout_is_one_frame() -> None:
    assert Layout(4).group_ids(torch.arange(6)).tolist() == [0] * 6
