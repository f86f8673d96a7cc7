"""Bootstrap intervals: what they hold, and that they come out the same again."""

from __future__ import annotations

import numpy as np
import pytest

from pytest_kvguard.stats.bootstrap import bootstrap_interval


def test_without_values_there_is_no_interval() -> None:
    assert bootstrap_interval([]) is None
    assert bootstrap_interval([[], []]) is None


def test_values_that_do_not_differ_leave_no_doubt() -> None:
    assert bootstrap_interval([[2.0, 2.0], [4.0]]) == (3.0, 3.0)


def test_of_one_large_stratum_the_interval_is_that_of_its_mean() -> None:
    values = np.random.default_rng(1).normal(size=400)
    low, high = bootstrap_interval([values]) or (0.0, 0.0)
    assert (low + high) / 2 == pytest.approx(values.mean(), abs=0.01)
    assert (high - low) / 2 == pytest.approx(1.96 * values.std() / 20, rel=0.1)


def test_strata_weigh_alike_whatever_their_size() -> None:
    low, high = bootstrap_interval([[0.0] * 99, [1.0]]) or (0.0, 0.0)
    assert (low, high) == (0.5, 0.5)


def test_more_confidence_is_a_wider_interval_and_a_seed_fixes_it() -> None:
    values = [[0.0, 1.0, 4.0, 2.0, 7.0]]
    narrow, wide = bootstrap_interval(values, 0.8), bootstrap_interval(values, 0.99)
    assert narrow and wide and wide[0] < narrow[0] < narrow[1] < wide[1]
    assert bootstrap_interval(values, seed=3) == bootstrap_interval(values, seed=3)
