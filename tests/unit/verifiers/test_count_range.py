"""A required count: exact or between bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pytest_kvguard.verifiers.count_range import COUNT_SCHEMA, count_problem, describe_count, in_range


@pytest.mark.parametrize(
    ("required", "inside", "outside"),
    [
        (3, [3], [0, 2, 4]),
        (0, [0], [1]),
        ({"min": 2}, [2, 99], [0, 1]),
        ({"max": 2}, [0, 2], [3]),
        ({"min": 2, "max": 3}, [2, 3], [1, 4]),
        ({"min": 0, "max": 0}, [0], [1]),
    ],
)
def test_bounds_are_inclusive(required: object, inside: list[int], outside: list[int]) -> None:
    assert all(in_range(count, required) for count in inside)
    assert not any(in_range(count, required) for count in outside)


@pytest.mark.parametrize(
    ("required", "wording"),
    [(3, "exactly 3"), ({"min": 2}, "at least 2"), ({"max": 2}, "at most 2"), ({"min": 2, "max": 5}, "2 to 5")],
)
def test_a_count_reads_as_words(required: object, wording: str) -> None:
    assert describe_count(required) == wording


def test_bounds_no_count_can_satisfy_are_a_problem_with_a_remedy() -> None:
    assert count_problem({"min": 3, "max": 1}) == "min 3 is above max 1. Swap them."


@pytest.mark.parametrize("required", [3, {"min": 3}, {"max": 1}, {"min": 1, "max": 1}])
def test_bounds_that_can_be_satisfied_are_no_problem(required: object) -> None:
    assert count_problem(required) is None


@pytest.mark.parametrize("required", [0, 7, {"min": 0}, {"max": 7}, {"min": 1, "max": 2}])
def test_the_schema_takes_counts_and_bounds(required: object) -> None:
    assert Draft202012Validator(COUNT_SCHEMA).is_valid(required)


@pytest.mark.parametrize("required", [-1, 1.5, "3", True, None, {}, {"min": -1}, {"least": 1}, [1]])
def test_the_schema_refuses_everything_else(required: object) -> None:
    assert not Draft202012Validator(COUNT_SCHEMA).is_valid(required)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_a_range_is_the_meeting_of_its_bounds(count: int, low: int, high: int) -> None:
    both = in_range(count, {"min": low}) and in_range(count, {"max": high})
    assert in_range(count, {"min": low, "max": high}) is both
