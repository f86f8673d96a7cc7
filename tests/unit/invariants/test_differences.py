"""Differences of answers and tensors name the first number, with the digits that it needs."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.invariants.differences import first_mismatch, told_apart

FLOATS = st.floats(width=64)


@given(FLOATS, FLOATS)
def test_two_numbers_that_differ_are_shown_differently(observed: float, expected: float) -> None:
    shown = told_apart(observed, expected)
    assert (shown[0] == shown[1]) == (
        observed == expected and str(observed) == str(expected) or observed != observed and expected != expected
    )


def test_numbers_that_seven_digits_do_not_tell_apart_have_more() -> None:
    observed, expected = torch.tensor([3.5609939]), torch.tensor([3.5609941])
    mismatch = first_mismatch(observed, expected, 0.0)
    assert mismatch is not None
    assert mismatch[1] == ("3.5609939", "3.5609941, bit for bit")


@pytest.mark.parametrize("tolerance", [0.0, 5e-5, 1.0])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_differs_from_every_finite_one(value: float, tolerance: float) -> None:
    finite, spoilt = torch.tensor([1e30, 2.0]), torch.tensor([1e30, value])
    for observed, expected in ((spoilt, finite), (finite, spoilt)):
        mismatch = first_mismatch(observed, expected, tolerance)
        assert mismatch is not None
        assert mismatch[0] == (1,)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_an_expected_value_that_is_not_finite_excuses_no_other_difference(value: float) -> None:
    mismatch = first_mismatch(torch.tensor([value, 3.0]), torch.tensor([value, 2.0]), 5e-5)
    assert mismatch is not None
    assert mismatch[0] == ((0,) if value != value else (1,))
    assert "inf" not in mismatch[1][1].partition(" ± ")[2]


@pytest.mark.parametrize("tolerance", [0.0, 5e-5])
def test_infinities_of_one_sign_are_equal_and_those_of_two_differ(tolerance: float) -> None:
    infinite = torch.tensor([float("inf"), float("-inf"), 1.0])
    assert first_mismatch(infinite, infinite.clone(), tolerance) is None
    mismatch = first_mismatch(infinite, -infinite, tolerance)
    assert mismatch is not None
    assert mismatch[0] == (0,)


def test_a_value_that_is_no_number_differs_from_itself() -> None:
    spoilt = torch.tensor([1.0, float("nan")])
    assert first_mismatch(spoilt, spoilt.clone(), 1.0) is not None


def test_tensors_of_other_shapes_differ() -> None:
    mismatch = first_mismatch(torch.zeros(2, 3), torch.zeros(3, 2), 1.0)
    assert mismatch == ((0, 0), ("of shape (2, 3)", "of shape (3, 2)"))
    assert first_mismatch(torch.zeros(0), torch.zeros(0), 0.0) is None


@pytest.mark.parametrize("tolerance", [0.0, 5e-5])
def test_numbers_that_differ_plainly_have_seven_digits(tolerance: float) -> None:
    mismatch = first_mismatch(torch.tensor([1.0, 2.5]), torch.tensor([1.0, 2.0]), tolerance)
    assert mismatch is not None
    assert mismatch[0] == (1,)
    assert mismatch[1][0] == "2.5"
