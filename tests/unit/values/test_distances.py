"""The distance between two runs of a conversation, and its noise ratio over a cell."""

from __future__ import annotations

import pytest

from pytest_kvguard.stats.noise_floor import summarize_distances
from pytest_kvguard.values.distances import Distance, TokenLogprobs, measure_distance


def tokens(text: str, *logprobs: float) -> TokenLogprobs:
    return tuple(zip(text.split(), logprobs, strict=True))


def test_equal_replies_are_apart_by_the_mean_gap_of_their_tokens() -> None:
    distance = measure_distance([tokens("a b", -1.0, -2.0)], [tokens("a b", -1.5, -1.9)])
    assert distance == Distance(2, pytest.approx(0.3), same=True)


def test_what_follows_the_first_token_that_differs_is_not_compared() -> None:
    one, other = tokens("a b c", -1, -1, -1), tokens("a x c", -2, -9, -9)
    assert measure_distance([one], [other]) == Distance(1, 1.0, same=False)


def test_a_reply_that_goes_on_is_not_the_same() -> None:
    assert measure_distance([tokens("a", -1)], [tokens("a b", -1, -1)]) == Distance(1, 0.0, same=False)


def test_a_later_turn_is_compared_only_behind_equal_replies() -> None:
    same, other, late = tokens("a", -1), tokens("b", -1), tokens("c", -3)
    assert measure_distance([same, tokens("c", -1)], [same, late]) == Distance(2, 1.0, same=True)
    assert measure_distance([same, tokens("c", -1)], [other, late]) == Distance(0, None, same=False)


def test_without_logprobs_no_distance_is_known() -> None:
    assert measure_distance([tokens("a", -1)], [()]) is None
    assert measure_distance([], []) == Distance(0, None, same=True)


def pairs(count: int, distance: float, noise: float) -> list[tuple[Distance, Distance | None]]:
    return [
        (Distance(9, distance * (1 + i % 3), False), Distance(9, noise * (1 + i % 3), i % 2 == 0)) for i in range(count)
    ]


def test_a_cell_is_summed_up_as_a_multiple_of_the_noise_floor() -> None:
    summary = summarize_distances(pairs(12, 0.1, 0.025))
    assert summary is not None and summary.interval is not None
    assert (summary.mean, summary.floor, summary.noise_ratio) == pytest.approx((0.2, 0.05, 4.0))
    assert summary.interval == pytest.approx((4.0, 4.0))
    assert (summary.conversations, summary.same, summary.same_in_floor) == (12, 0, 6)


def test_the_interval_is_wide_where_conversations_disagree() -> None:
    summary = summarize_distances([*pairs(4, 0.03, 0.03), *pairs(4, 0.3, 0.03)])
    assert summary is not None and summary.interval is not None and summary.noise_ratio is not None
    assert summary.interval[0] < 3.5 < summary.noise_ratio < 7.5 < summary.interval[1]


def test_a_floor_of_zero_is_no_floor_to_divide_by() -> None:
    summary = summarize_distances(pairs(5, 0.1, 0.0))
    assert summary is not None
    assert (summary.floor, summary.noise_ratio, summary.interval) == (0.0, None, None)


def test_without_a_null_arm_the_mean_is_told_alone() -> None:
    summary = summarize_distances([(Distance(3, 0.1, True), None)])
    assert summary is not None
    assert (summary.mean, summary.floor, summary.noise_ratio, summary.interval) == (0.1, None, None, None)
    assert summarize_distances([]) is None
