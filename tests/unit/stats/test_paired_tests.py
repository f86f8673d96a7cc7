"""One-sided tests of a drop: exact values by hand, agreement with scipy, and what dependence within prompts does."""

from __future__ import annotations

from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import binomtest, permutation_test

from pytest_kvguard.stats.paired_tests import drop_test, mcnemar_test, prompts_needed, sign_flip_test, sign_test
from pytest_kvguard.stats.pairs import Pairs

COUNTS = st.integers(0, 3)
PROMPTS = st.lists(st.builds(Pairs, COUNTS, COUNTS, COUNTS, COUNTS), min_size=1, max_size=9)
LOST, HELD, GAINED = Pairs(lost=1), Pairs(both=1), Pairs(gained=1)


@pytest.mark.parametrize(
    ("above", "below", "p_value"),
    [(5, 0, 1 / 32), (4, 1, 6 / 32), (0, 5, 1.0), (8, 2, (45 + 10 + 1) / 1024), (0, 0, 1.0)],
)
def test_a_sign_test_is_a_tail_of_fair_coins(above: int, below: int, p_value: float) -> None:
    assert sign_test(above, below) == pytest.approx(p_value)


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_scipy_finds_the_same_tail(above: int, below: int) -> None:
    assume(above + below)
    expected = binomtest(above, above + below, 0.5, alternative="greater").pvalue
    assert sign_test(above, below) == pytest.approx(expected, rel=1e-9, abs=1e-300)


def test_mcnemar_counts_discordant_pairs_alone() -> None:
    assert mcnemar_test(Pairs(both=100, lost=6, gained=1, neither=50)) == mcnemar_test(Pairs(lost=6, gained=1))
    assert mcnemar_test(Pairs(lost=6, gained=1)) == pytest.approx((comb(7, 6) + comb(7, 7)) / 2**7)


@given(st.lists(st.sampled_from([LOST, HELD, GAINED]), min_size=1, max_size=30))
def test_flipping_signs_is_mcnemar_where_every_prompt_has_one_check(prompts: list[Pairs]) -> None:
    assert sign_flip_test(prompts) == pytest.approx(mcnemar_test(Pairs.total(prompts)))
    assert drop_test(prompts) == mcnemar_test(Pairs.total(prompts))


@given(PROMPTS, st.sampled_from([0.0, 0.05, 0.1, 0.25]))
def test_the_convolution_counts_what_listing_every_flip_would(prompts: list[Pairs], margin: float) -> None:
    p_value = sign_flip_test(prompts, margin)
    values = [round(1000 * (pairs.lost - pairs.gained - margin * pairs.checks)) for pairs in prompts]
    if not any(pairs.checks for pairs in prompts):
        assert p_value is None
        return
    flips = [sum(map(int.__mul__, signs, values)) for signs in product((1, -1), repeat=len(values))]
    assert p_value == pytest.approx(sum(total >= sum(values) for total in flips) / len(flips))


def test_scipy_finds_the_same_by_listing_all_flips() -> None:
    prompts = [Pairs(2, 2, 0, 0), Pairs(3, 1, 0, 0), Pairs(4, 0, 0, 0), Pairs(1, 3, 0, 0), Pairs(3, 0, 1, 0)]
    values = np.array([pairs.lost - pairs.gained for pairs in prompts])
    expected = permutation_test(
        (values,),
        lambda x, axis: x.sum(axis=axis),
        permutation_type="samples",
        vectorized=True,
        alternative="greater",
        n_resamples=np.inf,
    )
    assert sign_flip_test(prompts) == pytest.approx(expected.pvalue)


def test_checks_that_fall_together_count_as_one_prompt() -> None:
    together = [Pairs(lost=5)] * 3
    assert drop_test(together) == pytest.approx(1 / 8)
    assert mcnemar_test(Pairs.total(together)) < 0.0001


def test_a_margin_is_given_away_first() -> None:
    prompts = [Pairs(both=9, lost=1)] * 12
    assert sign_flip_test(prompts) == pytest.approx(2**-12)
    assert sign_flip_test(prompts, 0.1) == 1.0
    assert sign_flip_test(prompts, 0.2) == 1.0


def test_a_gain_is_never_a_drop() -> None:
    assert drop_test([GAINED] * 20) == 1.0
    assert drop_test([Pairs(both=2, gained=3)] * 20) == 1.0


def test_nothing_checked_gives_no_p_value() -> None:
    assert drop_test([]) is None
    assert drop_test([Pairs(), Pairs()]) is None


def test_hundreds_of_prompts_are_counted_exactly_too() -> None:
    prompts = [LOST] * 260 + [GAINED] * 240
    assert sign_flip_test(prompts) == pytest.approx(mcnemar_test(Pairs(lost=260, gained=240)))


@pytest.mark.parametrize(("level", "prompts"), [(0.05, 5), (0.05 / 2, 6), (0.01, 7), (1 / 32, 5), (0.5, 1)])
def test_fewer_prompts_than_needed_can_show_nothing(level: float, prompts: int) -> None:
    assert prompts_needed(level) == prompts
    assert drop_test([Pairs(lost=9)] * prompts) <= level < (drop_test([Pairs(lost=9)] * (prompts - 1)) or 1.0)
