"""Intervals: published values, agreement with scipy, and what dependence within prompts does to them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from pytest_kvguard.stats.intervals import (
    design_effect,
    drop_interval,
    newcombe_interval,
    paired_interval,
    wilson_interval,
)
from pytest_kvguard.stats.pairs import Pairs

COUNTS = st.integers(0, 30)


@given(st.integers(1, 200), st.floats(0, 1), st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_agrees_with_scipy(checks: int, share: float, confidence: float) -> None:
    held = round(share * checks)
    expected = binomtest(held, checks).proportion_ci(confidence, method="wilson")
    assert wilson_interval(held, checks, confidence) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_newcombe_gives_the_published_interval_of_independent_rates() -> None:
    # 56/70 against 48/80, the example of the paper: 0.0524 to 0.3339.
    assert newcombe_interval((56, 70), (48, 80)) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@pytest.mark.parametrize(
    ("pairs", "low", "high"), [(Pairs(36, 12, 2, 0), 0.0569, 0.3404), (Pairs(20, 12, 2, 16), 0.0562, 0.3292)]
)
def test_paired_rates_are_narrower_than_independent_ones_where_they_go_together(
    pairs: Pairs, low: float, high: float
) -> None:
    interval = paired_interval(pairs)
    assert interval == pytest.approx((low, high), abs=5e-5)
    apart = newcombe_interval((pairs.uncompressed, pairs.checks), (pairs.compressed, pairs.checks))
    assert apart is not None
    together = pairs.both * pairs.neither > pairs.lost * pairs.gained
    assert (interval[1] - interval[0] < apart[1] - apart[0]) is together


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_an_interval_holds_the_drop_and_stays_in_range(both: int, lost: int, gained: int, neither: int) -> None:
    pairs = Pairs(both, lost, gained, neither)
    interval = paired_interval(pairs)
    if pairs.drop is None:
        assert interval is None
        return
    assert interval is not None
    assert -1 - 1e-9 <= interval[0] <= pairs.drop + 1e-9
    assert pairs.drop - 1e-9 <= interval[1] <= 1 + 1e-9


def test_what_was_not_measured_has_no_interval() -> None:
    assert wilson_interval(0, 0) is None
    assert newcombe_interval((0, 0), (1, 2)) is None
    assert paired_interval(Pairs()) is None


def test_one_prompt_says_nothing_of_others() -> None:
    assert design_effect([Pairs(5, 5)]) is None
    assert drop_interval([Pairs(5, 5)]) is None
    assert drop_interval([Pairs(5, 5), Pairs()]) is None


def test_independent_checks_have_no_design_effect() -> None:
    assert design_effect([Pairs(both=1), Pairs(lost=1)] * 20) == pytest.approx(1.0, abs=0.03)


def test_where_nothing_varies_a_prompt_counts_once() -> None:
    assert design_effect([Pairs(both=4)] * 3) == 4.0
    assert drop_interval([Pairs(lost=4)] * 9) == pytest.approx(paired_interval(Pairs(lost=9)))


def test_checks_that_fall_together_count_as_one() -> None:
    together = [Pairs(both=5), Pairs(lost=5)] * 20
    assert design_effect(together) == pytest.approx(5, rel=0.05)
    narrow, wide = paired_interval(Pairs.total(together)), drop_interval(together)
    assert narrow is not None and wide is not None
    assert wide[0] < narrow[0] < 0.5 < narrow[1] < wide[1]
    assert wide == pytest.approx(paired_interval(Pairs(both=20, lost=20)), abs=0.01)


def test_more_confidence_is_a_wider_interval() -> None:
    prompts = [Pairs(3, 1), Pairs(4), Pairs(2, 2)]
    narrow, wide = drop_interval(prompts, 0.8), drop_interval(prompts, 0.99)
    assert narrow is not None and wide is not None
    assert wide[0] < narrow[0] and narrow[1] < wide[1]
