"""The search for the largest safe ratio: few tries, and safety need not be monotone."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from pytest_kvguard.evaluation.ratio_search import CHECKED_BELOW, RatioSearch, default_grid

GRID = default_grid()


def searched(is_safe: Callable[[Fraction], bool], grid: tuple[Fraction, ...] = GRID) -> RatioSearch:
    search = RatioSearch(grid)
    while ratios := search.next_ratios():
        assert not set(ratios) & set(search.known), "nothing is tried twice"
        for ratio in ratios:
            search.learn(ratio, is_safe(ratio))
    return search


def test_the_grid_has_every_twentieth_between_nothing_and_everything() -> None:
    assert GRID[0] == Fraction(1, 20)
    assert GRID[-1] == Fraction(19, 20)
    assert len(GRID) == 19


@pytest.mark.parametrize("limit", range(20))
def test_where_safety_ends_once_its_end_is_found_in_few_tries(limit: int) -> None:
    search = searched(lambda ratio: ratio <= Fraction(limit, 20))
    assert search.largest_safe == (Fraction(limit, 20) if limit else None)
    assert search.smallest_unsafe == (Fraction(limit + 1, 20) if limit < 19 else None)
    assert len(search.known) <= 9
    assert search.islands == ()


def test_what_is_safe_above_an_unsafe_ratio_is_an_island_and_no_answer() -> None:
    search = searched(lambda ratio: ratio < Fraction(3, 10) or ratio == Fraction(3, 4))
    assert search.largest_safe == Fraction(1, 4)
    assert search.islands == (Fraction(3, 4),)


def test_a_hole_right_under_the_answer_is_found() -> None:
    hole = Fraction(12, 20)
    search = searched(lambda ratio: ratio <= Fraction(7, 10) and ratio != hole)
    assert search.smallest_unsafe == hole
    assert search.largest_safe == Fraction(11, 20)
    assert Fraction(7, 10) in search.islands


def test_the_neighbours_under_the_answer_were_all_tried() -> None:
    search = searched(lambda ratio: ratio <= Fraction(1, 2))
    assert search.largest_safe == Fraction(1, 2)
    place = GRID.index(Fraction(1, 2))
    assert all(search.known[ratio] for ratio in GRID[place - CHECKED_BELOW : place])


def test_a_handful_of_ratios_is_tried_whole() -> None:
    assert RatioSearch(GRID[:3]).next_ratios() == GRID[:3]
    assert searched(lambda ratio: ratio == 0, (Fraction(0),)).largest_safe == 0
