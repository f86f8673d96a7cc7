"""A cache whose rows, layers and heads hold different counts: appending, growing, shrinking and misuse."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from kvguard_policies import CompactCache, PolicyError, RaggedCache, compress, load, prefill, ragged_attention
from kvguard_policies.hf_cache import CompactLayer, cache_argument
from kvguard_policies.shelved_cache import ShelvedCache, shelved_parts
from kvguard_policies.step_plan import kernel_step
from tests.models import random_ids, random_model

SIZE = 4


def compact(*counts: tuple[int, ...], seen: int = 20, first: int = 0) -> CompactCache:
    """Return a cache with the given head counts per layer; a key holds the number of its entry."""
    layers = []
    for heads in counts:
        keys = torch.arange(first, first + sum(heads), dtype=torch.float32)[:, None].expand(-1, SIZE).contiguous()
        positions = tuple(torch.arange(count) for count in heads)
        layers.append(CompactLayer(keys, -keys, heads, positions))
    return CompactCache(tuple(layers), seen, {})


def tokens_of(batch: int, heads: int, tokens: int, first: float = 100) -> torch.Tensor:
    numbers = torch.arange(batch * heads * tokens, dtype=torch.float32).view(batch, heads, tokens, 1) + first
    return numbers.expand(-1, -1, -1, SIZE).contiguous()


def held(cache: RaggedCache, layer: int, row: int, head: int) -> list[float]:
    kept = cache.layers[layer]
    assert torch.equal(kept.keys[..., 0], -kept.values[..., 0]), "keys and values move together"
    return kept.keys[row, head, : kept.lengths[row, head], 0].tolist()


def append(cache: RaggedCache, tokens: torch.Tensor, layer: int = 0):  # type: ignore[no-untyped-def]
    keys, values = cache.update(tokens, -tokens, layer)
    kernel_step(keys).answered = True
    return keys, values


def test_entries_and_bytes_are_counted_on_the_tensors_themselves() -> None:
    cache = compact((3, 1), (2, 2))
    assert (cache.entries, cache.cache_bytes) == (8, 8 * SIZE * 4 * 2)
    sliding = CompactCache(cache.layers, 20, {0: 4})
    assert (sliding.entries, sliding.cache_bytes, sliding.compressible_layers) == (4, cache.cache_bytes, (1,))


def test_every_head_appends_after_its_own_last_entry() -> None:
    cache = RaggedCache.of([compact((3, 1)), compact((2, 2), first=50)], reserve=2)
    keys, _ = append(cache, tokens_of(2, 2, 1))
    assert held(cache, 0, 0, 0) == [0, 1, 2, 100]
    assert held(cache, 0, 0, 1) == [3, 101]
    assert held(cache, 0, 1, 0) == [50, 51, 102]
    assert held(cache, 0, 1, 1) == [52, 53, 103]
    assert keys.shape[2] == 4, "as many entries as the fullest head holds"


def test_the_kernel_is_told_what_each_head_held_before() -> None:
    cache = RaggedCache.of([compact((3, 1)), compact((2, 2))], "eager")
    keys, _ = append(cache, tokens_of(2, 2, 1))
    step = kernel_step(keys)
    assert (step.plan.before.tolist(), step.kernel, step.layer) == ([[3, 1], [2, 2]], "eager", 0)
    assert kernel_step(torch.zeros(1)) is None


def test_padding_of_a_shorter_row_is_overwritten_by_its_next_token() -> None:
    cache = RaggedCache.of([compact((2,)), compact((1,))], reserve=4)
    cache.fed = torch.tensor([1, 3])
    append(cache, tokens_of(2, 1, 3))
    assert cache.layers[0].lengths.tolist() == [[3], [4]]
    cache.fed = None
    append(cache, tokens_of(2, 1, 1, first=200))
    assert held(cache, 0, 0, 0) == [0, 1, 100, 200]
    assert held(cache, 0, 1, 0) == [0, 103, 104, 105, 201]


def test_a_full_buffer_grows_and_loses_nothing() -> None:
    cache = RaggedCache.of([compact((2, 3))], reserve=0)
    for token in range(150):
        append(cache, tokens_of(1, 2, 1, first=1000 + 10 * token))
    assert held(cache, 0, 0, 0) == [0, 1, *(1000 + 10 * token for token in range(150))]
    assert held(cache, 0, 0, 1)[:4] == [2, 3, 4, 1001]


def test_keeping_entries_evicts_from_one_row_of_the_batch_only() -> None:
    cache = RaggedCache.of([compact((4, 4)), compact((4, 4), first=50)])
    cache.layers[0].keep_entries(0, [torch.tensor([1, 3]), torch.tensor([0, 2])])
    assert held(cache, 0, 0, 0) == [1, 3] and held(cache, 0, 0, 1) == [4, 6]
    assert held(cache, 0, 1, 0) == [50, 51, 52, 53]
    assert [keys.tolist() for keys in cache.layers[0].entries_of(0)[0][..., 0]] == [[1, 3], [4, 6]]
    append(cache, tokens_of(2, 2, 1))
    assert held(cache, 0, 0, 0) == [1, 3, 100]


def test_the_last_row_takes_the_place_of_one_that_is_dropped_with_its_recorder() -> None:
    recorders = [object(), None, object()]
    contexts = [compact((2,), (1,), first=10 * number) for number in range(3)]
    cache = RaggedCache.of(contexts, recorders=recorders)
    cache.drop(0)
    assert [held(cache, layer, 0, 0) for layer in (0, 1)] == [[20, 21], [20]]
    assert cache.recorders == [recorders[2], recorders[1]] and cache.rows == 2
    cache.drop(1)
    assert [held(cache, layer, 0, 0) for layer in (0, 1)] == [[20, 21], [20]] and cache.rows == 1
    cache.drop(0)
    assert cache.rows == 0


def test_rows_join_after_the_others_in_free_or_new_room() -> None:
    def rows(first: int, count: int) -> RaggedCache:
        contexts = [compact((2, 1), (1, 1), first=first + 10 * number) for number in range(count)]
        return RaggedCache.of(contexts, recorders=[None] * count, capacity=6)

    cache = rows(0, 3)
    buffer = cache.layers[0].keys
    cache.drop(1)
    cache.extend(rows(50, 1))
    assert cache.layers[0].keys is buffer, "the room of the row that left"
    append(cache, tokens_of(3, 2, 1))
    cache.extend(rows(70, 2))
    append(cache, tokens_of(5, 2, 1, first=200))
    assert [held(cache, 0, row, 0) for row in range(5)] == [
        [0, 1, 100, 200],
        [20, 21, 102, 202],
        [50, 51, 104, 204],
        [70, 71, 206],
        [80, 81, 208],
    ]
    assert len(cache.recorders) == 5


def test_whole_buffers_have_one_capacity_in_every_layer() -> None:
    cache = RaggedCache.of([compact((2, 1), (5, 3))], capacity=7)
    for layer in (0, 1):
        keys, values = append(cache, tokens_of(1, 2, 1), layer)
        assert keys.shape == values.shape == (1, 2, 7, SIZE) and keys.is_contiguous()


def test_shelves_are_fed_side_by_side_and_rows_beyond_them_are_not_cached() -> None:
    shelves = [RaggedCache.of([compact((5, 5))], capacity=8), RaggedCache.of([compact((2, 1), first=50)], capacity=4)]
    tokens = tokens_of(8, 2, 1)
    keys, values = ShelvedCache(shelves).update(tokens, -tokens, 0)
    assert torch.equal(keys, tokens) and torch.equal(values, -tokens)
    assert [part[0].shape for part in shelved_parts(keys)] == [(1, 2, 8, SIZE), (1, 2, 4, SIZE)]
    assert held(shelves[0], 0, 0, 1) == [5, 6, 7, 8, 9, 101]
    assert held(shelves[1], 0, 0, 0) == [50, 51, 102]
    assert shelved_parts(torch.zeros(1)) is None


def test_filling_a_batch_copies_so_the_context_can_be_used_again() -> None:
    context = compact((2, 1))
    cache = RaggedCache.of([context], reserve=1)
    append(cache, tokens_of(1, 2, 1))
    cache.layers[0].keys.zero_()
    assert context.layers[0].keys[:, 0].tolist() == [0, 1, 2]


def test_the_sequence_length_counts_evicted_tokens_too() -> None:
    cache = RaggedCache.of([compact((3, 1), (2, 2), seen=37)])
    assert cache.get_seq_length() == 37
    append(cache, tokens_of(1, 2, 2))
    assert cache.layers[0].get_seq_length() == 39
    assert cache.layers[0].get_max_length() == cache.layers[0].get_max_cache_shape() == -1
    assert cache.layers[0].get_mask_sizes(1) == (6, 0)


def test_reset_removes_the_entries_instead_of_zeroing_them() -> None:
    cache = RaggedCache.of([compact((3, 1))])
    cache.reset()
    assert cache.get_seq_length() == 0 and cache.layers[0].keys.numel() == 0
    keys, _ = append(cache, tokens_of(1, 2, 2))
    assert keys.shape == (1, 2, 2, SIZE) and held(cache, 0, 0, 1) == [102, 103]


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_a_ragged_cache_outside_its_block_is_refused_before_its_second_layer(attention: str) -> None:
    model = random_model("mistral")
    model.set_attn_implementation(attention)
    cache = RaggedCache.of([compress(prefill(model, random_ids(12)), load("knorm"), Fraction("0.5"))])
    with torch.no_grad(), pytest.raises(PolicyError, match="ran another attention kernel.*with ragged_attention.model"):
        model(torch.tensor([random_ids(1)]), **cache_argument(model, cache))


def test_a_plain_cache_inside_the_block_is_refused() -> None:
    model = random_model("mistral")
    refused = pytest.raises(PolicyError, match="called without a RaggedCache. Pass `..cache_argument")
    with refused, torch.no_grad(), ragged_attention(model):
        model(torch.tensor([[5, 6]]), use_cache=False)
