"""Tokens to intervals."""

from __future__ import annotations

from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.contract.token_spans import assign_tokens, runs


@pytest.mark.parametrize(
    ("offset", "owner"),
    [
        ((0, 2), "a"),
        ((4, 6), "a"),
        ((5, 6), None),
        ((4, 8), "b"),
        ((3, 7), "a"),
        ((4, 7), "a"),
        ((6, 9), "b"),
        ((9, 12), "b"),
        ((10, 12), None),
        ((3, 3), None),
    ],
)
def test_a_token_belongs_to_the_interval_that_holds_most_of_it(offset: tuple[int, int], owner: str | None) -> None:
    assert assign_tokens([offset], {"a": (0, 5), "b": (6, 10)}) == (owner,)


def test_without_intervals_no_token_is_owned() -> None:
    assert assign_tokens([(0, 1), (1, 2)], {}) == (None, None)


def test_several_tokens_of_one_character_all_belong_to_its_interval() -> None:
    assert assign_tokens([(3, 4)] * 3, {"a": (3, 4)}) == ("a", "a", "a")


@pytest.mark.parametrize(
    ("members", "intervals"),
    [
        ([], ()),
        ([False, False], ()),
        ([True], ((0, 1),)),
        ([False, True, True, False, True], ((1, 3), (4, 5))),
    ],
)
def test_runs_are_half_open(members: list[bool], intervals: tuple[tuple[int, int], ...]) -> None:
    assert runs(members) == intervals


@given(st.lists(st.booleans(), max_size=30))
def test_runs_cover_exactly_the_true_positions(members: list[bool]) -> None:
    intervals = runs(members)
    covered = {position for start, stop in intervals for position in range(start, stop)}
    assert covered == {position for position, member in enumerate(members) if member}
    assert all(one[1] < other[0] for one, other in pairwise(intervals))


@given(st.lists(st.integers(1, 5), min_size=1, max_size=20), st.lists(st.integers(1, 6), min_size=1, max_size=8))
def test_tokens_that_tile_a_text_are_shared_out_among_its_intervals(tokens: list[int], pieces: list[int]) -> None:
    ends = list(accumulate(tokens))
    offsets = list(zip([0, *ends], ends, strict=False))
    borders = list(accumulate(pieces))
    intervals = {
        str(index): (start, stop) for index, (start, stop) in enumerate(zip([0, *borders], borders, strict=False))
    }
    owners = assign_tokens(offsets, intervals)
    for (start, stop), owner in zip(offsets, owners, strict=True):
        touched = [name for name, (a, b) in intervals.items() if max(a, start) < min(b, stop)]
        assert (owner in touched) if touched else owner is None
