"""Layers with equal counts share the plan of a call; layers that differ have their own."""

from __future__ import annotations

import torch

from kvguard_policies.hf_cache import CompactCache, CompactLayer, RaggedCache
from kvguard_policies.step_plan import kernel_step

HEADS = 2


def layer_of(entries: int) -> CompactLayer:
    """Return a layer whose two heads hold ``entries`` entries each."""
    states = torch.arange(HEADS * entries, dtype=torch.float32)[:, None]
    return CompactLayer(states, states.clone(), (entries,) * HEADS, (torch.arange(entries),) * HEADS)


def cache_of(*contexts: tuple[int, ...]) -> RaggedCache:
    """Return a batch; a context is given as the number of entries of each of its layers."""
    return RaggedCache.of([CompactCache(tuple(layer_of(n) for n in counts), 9, {}) for counts in contexts], capacity=8)


def plans_of(cache: RaggedCache) -> list[object]:
    """Append one token to every layer and return the plans that its kernel would be given."""
    token = torch.full((cache.rows, HEADS, 1, 1), -1.0)
    plans: list[object] = []
    for layer in cache.layers:
        step = kernel_step(layer.update(token, token)[0])
        assert step is not None
        step.answered = True
        plans.append(step.plan)
    return plans


def test_layers_of_equal_lengths_share_a_plan_and_others_do_not() -> None:
    first, second, third = plans_of(cache_of((2, 2, 3), (1, 1, 1)))
    assert first is second and first is not third


def test_a_plan_computes_each_tensor_once() -> None:
    [plan] = set(plans_of(cache_of((2, 2))))
    masks = [plan.once("mask", lambda: torch.ones(1)) for _ in range(2)]
    assert masks[0] is masks[1] and plan.once("other", lambda: torch.zeros(1)) is not masks[0]


def test_where_layers_differ_a_new_plan_releases_the_mask_of_the_previous_one() -> None:
    cache = cache_of((2, 3))
    first = cache.plans.of(cache.layers[0].lengths)
    mask = first.once("mask", lambda: torch.ones(1))
    cache.plans.of(cache.layers[1].lengths)
    assert first.once("mask", lambda: torch.zeros(1)) is not mask


def test_every_call_has_plans_of_its_own() -> None:
    cache = cache_of((2, 2))
    assert plans_of(cache)[0] is not plans_of(cache)[0]
    assert len(cache.plans._plans) == 1, "those of earlier calls are gone"
    assert cache.layers[1].lengths.tolist() == [[4, 4]]


def test_evicting_from_one_layer_does_not_change_the_others() -> None:
    cache = cache_of((3, 3))
    cache.layers[0].keep_entries(0, [torch.tensor([1]), torch.tensor([0])])
    assert [layer.lengths.tolist() for layer in cache.layers] == [[[1, 1]], [[3, 3]]]
    plans_of(cache)
    assert [layer.lengths.tolist() for layer in cache.layers] == [[[2, 2]], [[4, 4]]]
    assert cache.layers[0].keys[0, :, 1, 0].tolist() == [-1, -1], "appended behind what stayed"


def test_layers_that_become_equal_share_a_plan_again_after_rows_leave_and_join() -> None:
    cache = cache_of((3, 2), (1, 1))
    cache.drop(0)
    assert cache.layers[0].lengths is cache.layers[1].lengths
    cache.extend(cache_of((2, 4)))
    assert [layer.lengths.tolist() for layer in cache.layers] == [[[1, 1], [2, 2]], [[1, 1], [4, 4]]]
