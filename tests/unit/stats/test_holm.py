"""Holm's procedure: many tests, one chance of a false alarm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.stats.paired_tests import holm

P_VALUES = st.lists(st.floats(0, 1), max_size=12)


def test_the_smallest_is_multiplied_by_all_and_the_largest_by_one() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_an_adjusted_value_is_never_below_one_that_was_smaller() -> None:
    assert holm([0.02, 0.021]) == pytest.approx([0.04, 0.04])


def test_no_test_and_one_test_are_left_as_they_are() -> None:
    assert holm([]) == []
    assert holm([0.03]) == [0.03]


@given(P_VALUES)
def test_adjusting_only_raises_keeps_the_ranks_and_stays_a_probability(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(before <= after <= 1 for before, after in zip(p_values, adjusted, strict=True))
    ranked = [after for _, after in sorted(zip(p_values, adjusted, strict=True))]
    assert ranked == sorted(ranked)


@given(P_VALUES, st.floats(0.01, 0.2))
def test_rejected_is_what_stepping_down_rejects(p_values: list[float], level: float) -> None:
    rejected = 0
    for p_value in sorted(p_values):
        if p_value * (len(p_values) - rejected) > level:
            break
        rejected += 1
    assert sum(after <= level for after in holm(p_values)) == rejected
