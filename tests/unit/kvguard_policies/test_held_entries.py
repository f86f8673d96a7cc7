"""Entries of a context in a cache that other code filled: identified by keys, or by values if keys were rotated."""

from __future__ import annotations

import pytest
import torch
from transformers import Cache, DynamicCache

from kvguard_policies.held_entries import alteration, held_bytes, held_layer

HEADS, TOKENS, SIZE = 2, 20, 8
KEPT = torch.tensor([[0, 3, 4, 11, 19], [1, 2, 9, 10, 18]])


def normal(seed: int) -> torch.Tensor:
    return torch.randn(HEADS, TOKENS, SIZE, generator=torch.Generator().manual_seed(seed))


EXACT = normal(0), normal(1)


def gathered(vectors: torch.Tensor, kept: torch.Tensor = KEPT) -> torch.Tensor:
    return vectors.gather(1, kept[..., None].expand(-1, -1, SIZE))


def cache_of(keys: torch.Tensor, values: torch.Tensor) -> Cache:
    cache = DynamicCache()
    cache.update(keys[None], values[None], 0)
    return cache


def positions(cache: Cache, attended: torch.Tensor | None = None, grown: bool = False) -> list[list[int]]:
    return [kept.tolist() for kept in held_layer(EXACT, cache, 0, attended, grown).positions]


def test_kept_entries_are_identified_in_any_order() -> None:
    shuffled = KEPT[:, torch.tensor([2, 0, 4, 1, 3])]
    for kept in (KEPT, shuffled):
        assert positions(cache_of(gathered(EXACT[0], kept), gathered(EXACT[1], kept))) == KEPT.tolist()


def test_entries_computed_by_another_kernel_are_identified() -> None:
    noise = 1e-6 * normal(5)
    cache = cache_of(gathered(EXACT[0] + noise), gathered(EXACT[1] + noise))
    assert positions(cache) == KEPT.tolist()
    assert alteration([held_layer(EXACT, cache, 0, None, False)]).is_noise


def test_masked_entries_are_held_and_not_attended() -> None:
    attended = torch.ones(HEADS, TOKENS, dtype=torch.bool)
    attended[0, 5:] = False
    layer = held_layer(EXACT, cache_of(*EXACT), 0, attended, False)
    assert [len(kept) for kept in layer.positions] == [5, TOKENS] and layer.masked == TOKENS - 5


def test_entries_whose_keys_were_rotated_are_identified_by_their_values_equal_ones_in_order() -> None:
    values = EXACT[1].clone()
    values[:, 4] = values[:, 3] = values[:, 2]
    exact = EXACT[0], values
    layer = held_layer(exact, cache_of(gathered(normal(7)), gathered(values)), 0, None, False)
    assert layer.positions[0].tolist() == [0, 2, 3, 11, 19], "of three equal tokens the first two fit as well"
    assert layer.positions[1].tolist() == KEPT[1].tolist()
    off = alteration([layer])
    assert off.keys > 0.5 and off.values == 0 and not off.is_noise
    assert str(off).startswith("keys of held entries are ") and str(off).endswith("values 0.00%")


def test_a_cache_with_all_entries_is_compared_entry_by_entry_at_any_distance() -> None:
    keys = EXACT[0].clone()
    keys[..., :4] = 0
    layer = held_layer(EXACT, cache_of(keys, EXACT[1]), 0, None, False)
    assert layer.positions[0].tolist() == list(range(TOKENS))
    expected = EXACT[0][..., :4].norm() / EXACT[0].norm()
    assert alteration([layer]).keys == pytest.approx(float(expected))


def test_entries_of_later_tokens_do_not_count_even_with_values_of_the_context() -> None:
    keys = torch.cat([gathered(EXACT[0]), normal(8)[:, :15]], dim=1)
    values = torch.cat([gathered(EXACT[1]), EXACT[1][:, :15]], dim=1)
    assert positions(cache_of(keys, values), grown=True) == KEPT.tolist()


def test_bytes_are_those_of_all_keys_and_values() -> None:
    assert held_bytes(cache_of(*EXACT)) == 2 * HEADS * TOKENS * SIZE * 4
