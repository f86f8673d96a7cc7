"""The cache holds exactly the entries that the ratio leaves."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from kvguard_policies import PolicyError, compress, load, names, prefill
from tests.models import random_ids
from tests.policies.matrix import (
    HEAD_LAYOUTS,
    LAYOUT,
    QUESTION,
    SPECS,
    TOKENS,
    WITHOUT_SLIDING,
    all_needs,
    compressed,
    context_record,
    layout_of,
    logits_after,
    model_of,
    plain_logits,
)

RATIOS = ("0.1", "0.25", "1/3", "0.5", "0.75", "0.9")


def test_every_policy_of_the_table_is_in_the_matrix() -> None:
    assert all(any(name in spec for spec in SPECS) for name in names())


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("head_layout", HEAD_LAYOUTS)
def test_entries_kept_are_exactly_those_the_ratio_leaves(head_layout: str, spec: str) -> None:
    record = context_record(head_layout)
    heads = record.keys[0].shape[0]
    for ratio in RATIOS:
        each = max(1, int(TOKENS * (1 - Fraction(ratio))))
        cache = compressed(record, spec, ratio)
        assert cache.entries == len(record.compressible_layers) * heads * each
        assert [sum(layer.counts) for layer in cache.layers] == [len(layer.keys) for layer in cache.layers]


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("head_layout", WITHOUT_SLIDING)
def test_bytes_drop_in_proportion_to_entries(head_layout: str, spec: str) -> None:
    record = context_record(head_layout)
    for ratio in ("0.25", "0.5", "0.75"):
        assert compressed(record, spec, ratio).cache_bytes == record.cache_bytes * (1 - Fraction(ratio))


def test_sliding_layers_are_left_alone_and_counted_in_bytes_only() -> None:
    record = context_record("gemma3-sliding")
    cache = compressed(record, "snapkv", "0.5")
    assert cache.sliding == {0: 8, 2: 8}
    assert [set(layer.counts) for layer in cache.layers] == [{7}, {24}, {7}, {24}]
    assert cache.entries == 2 * 2 * 24
    assert cache.cache_bytes == (2 * 2 * 24 + 2 * 2 * 7) * 16 * 4 * 2


@pytest.mark.parametrize("spec", [spec for spec in SPECS if "keep" not in spec])
def test_a_ratio_that_leaves_less_than_one_entry_leaves_one(spec: str) -> None:
    record = context_record("mistral")
    assert compressed(record, spec, "0.99").entries == len(record.keys) * record.keys[0].shape[0]


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("tokens", [1, 2, 3, 5])
def test_very_short_contexts_keep_at_least_one_entry_and_answer(tokens: int, spec: str) -> None:
    record = context_record("qwen3-three-kv-heads-of-two", tokens)
    cache = compressed(record, spec, "0.5")
    assert cache.entries == 2 * 3 * max(1, tokens // 2)
    assert logits_after(model_of("qwen3-three-kv-heads-of-two"), [cache], [QUESTION])[0].isfinite().all()


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("head_layout", HEAD_LAYOUTS)
def test_ratio_zero_is_no_policy_bit_for_bit(head_layout: str, spec: str) -> None:
    model, policy = model_of(head_layout), load(spec)
    recorded = prefill(model, random_ids(TOKENS), LAYOUT, policy.needs(LAYOUT))
    unrecorded = prefill(model, random_ids(TOKENS))
    with_policy = logits_after(model, [compress(recorded, policy, Fraction(0))], [QUESTION])[0]
    without = logits_after(model, [compress(unrecorded, None, Fraction(0))], [QUESTION])[0]
    assert torch.equal(with_policy, without)


@pytest.mark.parametrize("kernel", ["sdpa", "eager"])
@pytest.mark.parametrize("head_layout", HEAD_LAYOUTS)
def test_an_uncompressed_cache_answers_as_the_plain_model(head_layout: str, kernel: str) -> None:
    model, ids = model_of(head_layout), random_ids(TOKENS)
    cache = compress(prefill(model, ids, kernel=kernel), None, Fraction(0))
    expected = plain_logits(model, [*ids, *QUESTION])[TOKENS:]
    torch.testing.assert_close(logits_after(model, [cache], [QUESTION], kernel)[0], expected, atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize("head_layout", ["llama-two-kv-heads-of-three", "gemma3-sliding"])
def test_a_recorded_prefill_never_allocates_a_tensor_of_tokens_squared(head_layout: str) -> None:
    tokens = 1200
    watch = LargestTensor()
    with watch:
        record = prefill(model_of(head_layout), random_ids(tokens), layout_of(tokens), all_needs(tokens))
        for spec in SPECS:
            compressed(record, spec, "0.5")
    assert 0 < watch.elements < tokens * tokens


class LargestTensor(torch.utils._python_dispatch.TorchDispatchMode):
    """Notes how many elements the largest tensor has that any operation produced."""

    elements = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        result = func(*args, **(kwargs or {}))
        for output in result if isinstance(result, tuple | list) else (result,):
            if isinstance(output, torch.Tensor) and not any(output is given for given in args):
                self.elements = max(self.elements, output.untyped_storage().nbytes() // max(1, output.element_size()))
        return result


def test_an_empty_context_and_a_ratio_of_one_are_refused() -> None:
    with pytest.raises(PolicyError, match="The context is empty.*Give it at least one token"):
        prefill(model_of("mistral"), [])
    with pytest.raises(PolicyError, match="outside 0 <= r < 1"):
        compressed(context_record("mistral"), "knorm", "1")
