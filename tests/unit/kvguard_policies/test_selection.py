"""Budgets are rounded, entries ranked, selected and gathered as documented."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from kvguard_policies import Layout, PolicyError, Priority, Scores
from kvguard_policies.selection import apportion, budget_entries, gather_entries, rank_entries, select_entries

RATIOS = st.fractions(0, Fraction(999, 1000), max_denominator=1000)


@given(st.integers(1, 5000), RATIOS)
def test_a_budget_is_the_exact_floor_and_at_least_one(entries: int, ratio: Fraction) -> None:
    assert budget_entries(entries, ratio) == max(1, math.floor(entries * (1 - ratio)))


@pytest.mark.parametrize(
    ("entries", "ratio", "budget"), [(100, "0.9", 10), (10, "0.9", 1), (1, "0.99", 1), (7, "0", 7), (3, "1/3", 2)]
)
def test_budgets_that_floats_get_wrong_are_right(entries: int, ratio: str, budget: int) -> None:
    assert budget_entries(entries, Fraction(ratio)) == budget


@pytest.mark.parametrize(
    ("entries", "ratio", "message"),
    [(0, 0, "The compressed region is empty|region is empty"), (5, 1, "outside 0 <= r < 1"), (5, -1, "outside 0")],
)
def test_nothing_to_keep_and_ratios_out_of_range_are_refused(entries: int, ratio: int, message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        budget_entries(entries, Fraction(ratio))


ENTRIES = st.lists(
    st.tuples(st.sampled_from(list(Priority)), st.sampled_from([-math.inf, -1.5, 0.0, -0.0, 2.0, math.inf])),
    min_size=1,
    max_size=30,
)


def scores_of(entries: list[tuple[Priority, float]]) -> Scores:
    return Scores(
        torch.tensor([[value for _, value in entries]]),
        torch.tensor([[int(priority) for priority, _ in entries]], dtype=torch.int8),
    )


@given(ENTRIES)
def test_rank_is_by_priority_then_score_and_ties_keep_the_later_token(entries: list[tuple[Priority, float]]) -> None:
    expected = sorted(range(len(entries)), key=lambda i: (entries[i], i), reverse=True)
    assert rank_entries(scores_of(entries))[0].tolist() == expected


@given(ENTRIES, st.data())
def test_the_best_entries_are_selected_and_given_back_in_order(entries, data: st.DataObject) -> None:  # type: ignore[no-untyped-def]
    forced = sum(priority is Priority.FORCED for priority, _ in entries)
    budget = data.draw(st.integers(forced, len(entries)))
    scores = scores_of(entries)
    [indices] = select_entries(scores, torch.tensor([budget]))
    assert indices.tolist() == sorted(rank_entries(scores)[0, :budget].tolist())


def test_heads_are_selected_by_their_own_budgets() -> None:
    scores = Scores(torch.tensor([[3.0, 1.0, 2.0], [1.0, 2.0, 3.0]]), torch.zeros(2, 3, dtype=torch.int8))
    assert [indices.tolist() for indices in select_entries(scores, torch.tensor([1, 2]))] == [[0], [1, 2]]


def test_forced_entries_over_budget_name_the_head_and_the_excess() -> None:
    scores = Scores(torch.zeros(2, 4), torch.tensor([[0, 0, 0, 3], [3, 3, 3, 0]], dtype=torch.int8))
    with pytest.raises(PolicyError, match="protects 3 tokens, but head 1 may keep only 2: 1 too many. Lower the ratio"):
        select_entries(scores, torch.tensor([2, 2]))


def test_nan_is_refused_even_where_priority_would_decide() -> None:
    with pytest.raises(PolicyError, match="scored some entries NaN"):
        rank_entries(Scores(torch.tensor([[math.nan, 1.0]]), torch.tensor([[3, 0]], dtype=torch.int8)))


@st.composite
def splits(draw: st.DrawFn) -> tuple[int, list[int], list[int]]:
    groups = draw(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 30)), min_size=1, max_size=7))
    total = draw(st.integers(0, sum(capacity for _, capacity in groups)))
    return total, [weight for weight, _ in groups], [capacity for _, capacity in groups]


@given(splits())
def test_shares_sum_to_the_total_and_respect_capacities(split: tuple[int, list[int], list[int]]) -> None:
    total, weights, capacities = split
    shares = apportion(total, weights, capacities)
    assert sum(shares) == total
    assert all(0 <= share <= capacity for share, capacity in zip(shares, capacities, strict=True))


@given(st.integers(0, 200), st.lists(st.integers(1, 40), min_size=1, max_size=8))
def test_without_capacities_shares_are_proportional_within_one(total: int, weights: list[int]) -> None:
    for share, weight in zip(apportion(total, weights, [total] * len(weights)), weights, strict=True):
        assert abs(share - Fraction(total * weight, sum(weights))) < 1


@given(st.integers(1, 40), st.lists(st.integers(1, 40), min_size=2, max_size=8))
def test_a_heavier_group_never_gets_less(total: int, weights: list[int]) -> None:
    shares = apportion(total, sorted(weights, reverse=True), [total] * len(weights))
    assert shares == sorted(shares, reverse=True)


def test_equal_remainders_go_to_the_earlier_group_and_full_groups_pass_theirs_on() -> None:
    assert apportion(3, [1, 1], [9, 9]) == [2, 1]
    assert apportion(9, [8, 1, 1], [3, 9, 9]) == [3, 3, 3]
    assert apportion(2, [0, 0], [5, 5]) == [1, 1]
    with pytest.raises(PolicyError, match="2 entries more than the groups can hold. Lower the budget"):
        apportion(4, [1, 1], [1, 1])


def test_gathering_copies_the_kept_vectors_head_after_head() -> None:
    keys = torch.arange(12, dtype=torch.bfloat16).view(2, 3, 2)
    gathered = gather_entries(keys, [torch.tensor([0, 2]), torch.tensor([1])])
    assert gathered.tolist() == [[0, 1], [4, 5], [8, 9]] and gathered.dtype == torch.bfloat16
    keys.zero_()
    assert gathered.tolist() == [[0, 1], [4, 5], [8, 9]]


POSITIONS = torch.arange(10)


def test_a_layout_returns_the_span_of_every_position_and_generated_tokens_are_frame() -> None:
    layout = Layout(8, groups=(((1, 3), (5, 6)), ((6, 8),)), forced=((0, 1), (5, 7)))
    assert layout.group_ids(POSITIONS).tolist() == [0, 1, 1, 0, 0, 1, 2, 2, 0, 0]
    assert layout.is_forced(POSITIONS).nonzero()[:, 0].tolist() == [0, 5, 6]
    assert layout.group_ids(POSITIONS.view(2, 5)).shape == (2, 5)


def test_an_empty_interval_holds_nothing() -> None:
    layout = Layout(8, groups=(((3, 3),),), forced=((2, 2),))
    assert not layout.group_ids(POSITIONS).any() and not layout.is_forced(POSITIONS).any()
