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


@pytest.mark.parametrize("tolerance", [0.0, 5e-5])
def test_numbers_that_differ_plainly_have_seven_digits(tolerance: float) -> None:
    mismatch = first_mismatch(torch.tensor([1.0, 2.5]), torch.tensor([1.0, 2.0]), tolerance)
    assert mismatch is not None
    assert mismatch[0] == (1,)
    assert mismatch[1][0] == "2.5"
