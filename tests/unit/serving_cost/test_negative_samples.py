"""Negative samples, the same count with the roles swapped, and the verdict on a method."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.errors import UsageError
from pytest_kvguard.serving_cost.negative_samples import (
    SampleKey,
    benign_samples,
    compare_methods,
    macro_mean,
    mirrored_negatives,
    negative_samples,
)
from tests.unit.serving_cost.score_rows import scores

TENTH = Fraction(1, 10)
SCORES = st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10)), min_size=1, max_size=30)


def ids(keys: Iterable[SampleKey]) -> set[str]:
    return {sample for _, sample in keys}


def test_a_small_data_set_weighs_as_much_as_a_large_one() -> None:
    assert macro_mean(scores(large="1 1 1 1", small="0")) == 0.5


def test_a_sample_is_benign_if_it_reaches_the_mean_of_its_own_data_set() -> None:
    assert ids(benign_samples(scores(hard="0 0.2 0.1"))) == {"1", "2"}
    assert benign_samples(scores(hard="0.2 0.1", easy="0.9 0.8")) == {("hard", "0"), ("easy", "0")}


def test_a_data_set_of_equal_scores_is_benign_throughout_whatever_its_mean_rounds_to() -> None:
    assert len(benign_samples(scores(a="0.1 0.1 0.1"))) == 3


def test_only_benign_samples_can_be_negative() -> None:
    assert ids(negative_samples(scores(a="1 0.2"), [scores(a="0 0")], TENTH)) == {"0"}


def test_what_keeps_exactly_the_rest_is_not_negative() -> None:
    baseline = scores(a="0.7 0.7 0.7")
    assert ids(negative_samples(baseline, [scores(a="0.63 0.629 0.631")], TENTH)) == {"1"}


def test_a_baseline_of_zero_leaves_nothing_to_lose() -> None:
    assert not negative_samples(scores(a="0 0"), [scores(a="0 0")], TENTH)


def test_methods_together_are_negative_only_where_all_fail() -> None:
    baseline, one, other = scores(a="1 1 1"), scores(a="0 0 1"), scores(a="0 1 0")
    assert ids(negative_samples(baseline, [one, other], TENTH)) == {"0"}


def test_a_sample_that_a_method_was_not_scored_on_is_not_held_against_it() -> None:
    assert not negative_samples(scores(a="1 1"), [scores(b="0 0")], TENTH)


@given(SCORES, st.integers(1, 99))
def test_a_larger_threshold_finds_a_part_of_what_a_smaller_one_finds(
    pairs: list[tuple[int, int]], percent: int
) -> None:
    baseline, method = (scores(a=" ".join(str(pair[side]) for pair in pairs)) for side in (0, 1))
    loose, strict = (negative_samples(baseline, [method], Fraction(p, 100)) for p in (percent + 1, percent))
    assert loose <= strict


@given(SCORES)
def test_the_mirrored_count_is_the_count_with_the_roles_swapped(pairs: list[tuple[int, int]]) -> None:
    baseline, method = (scores(a=" ".join(str(pair[side]) for pair in pairs)) for side in (0, 1))
    assert mirrored_negatives(baseline, method, TENTH) == negative_samples(method, [baseline], TENTH)
    assert not mirrored_negatives(baseline, baseline, TENTH)


def test_pairs_are_counted_on_what_both_have() -> None:
    comparison = compare_methods(scores(a="1 1 1 0", b="1"), scores(a="1 0 0.5 1"))
    assert (comparison.better, comparison.worse, comparison.equal) == (1, 2, 1)
    assert comparison.change == pytest.approx(-0.125)


def test_as_many_better_as_worse_is_no_regression_however_far_the_mean_fell() -> None:
    comparison = compare_methods(scores(a="1 1 0.9 0.9"), scores(a="0 0 1 1"))
    assert (comparison.verdict, comparison.p) == ("no regression", 1.0)
    assert comparison.change < -0.4


@pytest.mark.parametrize(
    ("better", "worse", "verdict"),
    # p: 0.0625, 0.0313, 0.0313, 1.0, 0.109
    [
        (0, 5, "borderline"),
        (0, 6, "regression"),
        (6, 0, "no regression"),
        (3, 3, "no regression"),
        (2, 8, "no regression"),
    ],
)
def test_the_verdict_follows_the_sign_test(better: int, worse: int, verdict: str) -> None:
    baseline = scores(a="0.5 " * (better + worse))
    method = scores(a="1 " * better + "0 " * worse)
    assert compare_methods(baseline, method).verdict == verdict


def test_the_sign_tests_p_value_is_two_sided() -> None:
    assert compare_methods(scores(a="1 1 1"), scores(a="0 0 0")).p == pytest.approx(0.25)


def test_the_interval_of_the_change_holds_the_change_and_is_the_same_again() -> None:
    baseline, method = scores(a="1 0.5 0.2 0.4 0.9", b="1 1 0"), scores(a="0.9 0.6 0.1 0.4 0.2", b="1 0.5 0")
    first, second = (compare_methods(baseline, method) for _ in range(2))
    assert first == second
    assert first.interval[0] < first.change < first.interval[1]


def test_methods_without_a_common_sample_cannot_be_compared() -> None:
    with pytest.raises(UsageError, match="no sample in common"):
        compare_methods(scores(a="1"), scores(b="1"))
