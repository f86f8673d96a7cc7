"""Lengths in pairs: shares that grow and shrink, with their edges, empty baselines and caps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.serving_cost.output_length import summarize_lengths
from pytest_kvguard.values.lengths import LengthPair

PAIRS = st.lists(st.builds(LengthPair, st.integers(1, 90), st.integers(1, 90)), min_size=1)


@pytest.mark.parametrize(
    ("compressed", "longer", "shorter"), [(6, 1, 0), (5, 0, 0), (4, 0, 0), (3, 0, 0), (9, 1, 0), (2, 0, 1), (0, 0, 1)]
)
def test_longer_is_three_halves_and_shorter_two_thirds_edges_included(
    compressed: int, longer: int, shorter: int
) -> None:
    summary = summarize_lengths([LengthPair(4, compressed)])
    exact = summarize_lengths([LengthPair(3, 2)])
    assert (summary.longer, summary.shorter) == (longer, shorter)
    assert exact.shorter == 1


def test_the_ratio_is_that_of_the_sums_and_the_quantiles_are_of_the_pairs() -> None:
    summary = summarize_lengths([LengthPair(10, 10), LengthPair(10, 10), LengthPair(100, 200)])
    assert summary.ratio == 220 / 120
    assert summary.quantiles == pytest.approx((1.0, 1.0, 1.8))


def test_an_empty_baseline_is_counted_apart() -> None:
    summary = summarize_lengths([LengthPair(0, 5), LengthPair(2, 2)])
    assert (summary.replies, summary.zero_baselines, summary.ratio, summary.longer_share) == (1, 1, 1.0, 0.0)


def test_without_pairs_nothing_is_known() -> None:
    summary = summarize_lengths([])
    assert (summary.ratio, summary.quantiles, summary.longer_share) == (None, (), None)


def test_caps_are_counted_by_arm() -> None:
    summary = summarize_lengths([LengthPair(4, 4, False, True), LengthPair(4, 4, True, True)])
    assert (summary.baseline_caps, summary.compressed_caps) == (1, 2)


@given(PAIRS)
def test_swapping_the_arms_swaps_longer_and_shorter(pairs: list[LengthPair]) -> None:
    swapped = summarize_lengths([LengthPair(pair.compressed, pair.baseline) for pair in pairs])
    summary = summarize_lengths(pairs)
    assert (summary.longer, summary.shorter) == (swapped.shorter, swapped.longer)
