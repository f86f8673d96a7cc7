"""PyramidKV moves budget between layers and AdaKV between heads; the total stays the same."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from hypothesis import given
from hypothesis import strategies as st

from kvguard_policies import LayerRecord, Layout, Policy, Priority, Scores, load
from kvguard_policies.budgets.adakv import AdaKV
from kvguard_policies.budgets.pyramidkv import PyramidKV
from kvguard_policies.scores.knorm import KNorm

PYRAMIDS = st.builds(PyramidKV, st.just(KNorm()), st.integers(1, 40), st.integers(1, 20))


@given(PYRAMIDS, st.integers(1, 33), st.integers(1, 400), st.data())
def test_layer_budgets_sum_to_the_whole_and_fall(
    pyramid: PyramidKV, layers: int, tokens: int, data: st.DataObject
) -> None:
    budget = data.draw(st.integers(1, tokens))
    budgets = [pyramid.layer_budget(layer, layers, tokens, budget) for layer in range(layers)]
    assert sum(budgets) == layers * budget
    assert all(1 <= each <= tokens for each in budgets)
    assert all(upper + 1 >= lower for upper, lower in zip(budgets, budgets[1:], strict=False))


def test_a_pyramid_is_linear_from_beta_to_the_rest() -> None:
    pyramid = load("pyramidkv(knorm, beta=5, window=2)")
    assert [pyramid.layer_budget(i, 5, 200, 50) for i in range(5)] == [90, 70, 50, 30, 10]


def test_a_pyramid_too_steep_for_the_context_is_flattened_and_one_that_does_not_fit_says_so() -> None:
    pyramid = load("pyramidkv(knorm, beta=20, window=4)")
    flattened = [pyramid.layer_budget(i, 3, 40, 30) for i in range(3)]
    assert flattened == [36, 30, 24]
    assert [pyramid.layer_budget(i, 3, 40, 3) for i in range(3)] == [3, 3, 3]
    assert pyramid.notes(Layout(40), 30) == ()
    [note] = pyramid.notes(Layout(40), 3)
    assert note.startswith("pyramidkv: 3 of 40 entries leave")


def test_a_window_longer_than_the_context_is_noted() -> None:
    for spec in ("snapkv", "adakv", "fair(snapkv)", "keep(snapkv)"):
        assert load(spec).notes(Layout(9), 4) == ("snapkv: the window of 16 tokens shrank to the context's 9",)
        assert load(spec).notes(Layout(16), 4) == ()


@dataclass(frozen=True)
class Given(Policy):
    """Scores that the test wrote down."""

    def score(self, layer: LayerRecord) -> Scores:
        return Scores(layer.keys[..., 0], layer.values[..., 0].to(torch.int8))


def layer_with(values: torch.Tensor, priority: torch.Tensor, budget: int) -> LayerRecord:
    positions = torch.arange(values.shape[1]).expand(values.shape[0], -1)
    return LayerRecord(0, 1, values[..., None], priority[..., None], positions, budget, Layout(values.shape[1]), {})


def head_budgets(values: torch.Tensor, priority: torch.Tensor, budget: int, safeguard: float) -> list[int]:
    layer, policy = layer_with(values, priority, budget), AdaKV(Given(), safeguard)
    return policy.allocate(policy.score(layer), layer).tolist()


@given(st.integers(1, 4), st.integers(1, 20), st.sampled_from([0.0, 0.2, 0.5, 1.0]), st.data())
def test_head_budgets_sum_to_the_layers_and_respect_the_safeguard(
    heads: int, entries: int, safeguard: float, data: st.DataObject
) -> None:
    budget = data.draw(st.integers(1, entries))
    numbers = st.lists(st.integers(0, 6), min_size=heads * entries, max_size=heads * entries)
    values = torch.tensor(data.draw(numbers), dtype=torch.float32).view(heads, entries)
    budgets = head_budgets(values, torch.zeros(heads, entries), budget, safeguard)
    assert sum(budgets) == heads * budget and len(budgets) == heads
    least = 0 if safeguard == 0 else max(1, int(budget * safeguard))
    assert all(least <= each <= entries for each in budgets)


def test_the_head_with_the_better_entries_gets_more() -> None:
    values = torch.tensor([[9.0, 8.0, 7.0, 6.0], [1.0, 2.0, 3.0, 4.0]])
    assert head_budgets(values, torch.zeros(2, 4), 2, 0.0) == [4, 0]
    assert head_budgets(values, torch.zeros(2, 4), 2, 0.5) == [3, 1]
    assert head_budgets(values, torch.zeros(2, 4), 2, 1.0) == [2, 2]


def test_protected_entries_count_before_any_score() -> None:
    values = torch.tensor([[9.0, 8.0, 7.0, 6.0], [1.0, 2.0, 3.0, 4.0]])
    priority = torch.tensor([[0, 0, 0, 0], [3, 0, 0, 3]])
    assert head_budgets(values, priority, 2, 0.0) == [2, 2]
    assert Priority.FORCED == 3
