"""What is excluded: exact values by hand, agreement with sampling and with scipy, and coverage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from pytest_kvguard.stats.exclusion import (
    excluded_drop,
    exclusion_test,
    fewest_prompts_to_exclude,
    prompts_to_exclude,
)
from pytest_kvguard.stats.pairs import Pairs

HELD, LOST, GAINED = Pairs(both=3), Pairs(lost=3), Pairs(gained=3)
COUNTS = st.integers(0, 3)
PROMPTS = st.lists(st.builds(Pairs, COUNTS, COUNTS, COUNTS, COUNTS), min_size=1, max_size=9)


def level(prompts: int) -> float:
    return 0.05


@pytest.mark.parametrize("prompts", [1, 9, 28, 29, 200])
def test_prompts_without_a_loss_exclude_a_drop_as_often_as_all_would_miss_it(prompts: int) -> None:
    assert exclusion_test([HELD] * prompts, 0.1) == pytest.approx(0.9**prompts, rel=1e-6)


@pytest.mark.parametrize(("lost", "prompts"), [(0, 9), (1, 30), (3, 60), (5, 6)])
def test_prompts_lost_as_a_whole_have_the_exact_binomial_bound(lost: int, prompts: int) -> None:
    bound = excluded_drop([LOST] * lost + [HELD] * (prompts - lost), 0.05)
    assert bound == pytest.approx(beta.ppf(0.95, lost + 1, prompts - lost), abs=1e-5)


@given(PROMPTS, st.sampled_from([0.0, 0.1, 0.4]))
def test_the_integral_is_the_share_of_random_weights(prompts: list[Pairs], margin: float) -> None:
    counted = [pairs for pairs in prompts if pairs.checks]
    p_value = exclusion_test(prompts, margin)
    if not counted:
        assert p_value is None
        return
    values = [pairs.lost - pairs.gained - margin * pairs.checks for pairs in counted]
    imagined = (1 - margin) * max(pairs.checks for pairs in counted)
    drawn = np.random.default_rng(1).exponential(size=(40_000, len(counted) + 1)) @ [*values, imagined]
    assert p_value == pytest.approx((drawn >= 0).mean(), abs=0.015)


def test_nothing_checked_excludes_nothing() -> None:
    for prompts in ([], [Pairs(), Pairs()]):
        assert exclusion_test(prompts, 0.1) is None
        assert excluded_drop(prompts, 0.05) is None
        assert prompts_to_exclude(prompts, 0.1, level) is None


def test_where_all_is_lost_nothing_is_excluded() -> None:
    assert exclusion_test([LOST] * 500, 0.1) == 1.0
    assert excluded_drop([LOST] * 500, 0.05) == pytest.approx(1.0, abs=1e-5)


def test_one_prompt_excludes_only_an_almost_total_drop() -> None:
    assert excluded_drop([HELD], 0.05) == pytest.approx(0.95, abs=1e-5)


def test_gains_let_a_smaller_drop_be_excluded() -> None:
    with_gains, without = (excluded_drop([one] * 5 + [HELD] * 15, 0.05) for one in (GAINED, HELD))
    assert with_gains is not None and without is not None and with_gains < without


def test_a_test_and_its_bound_agree() -> None:
    prompts = [LOST] * 2 + [Pairs(both=2, lost=1)] * 4 + [HELD] * 40
    bound = excluded_drop(prompts, 0.05)
    assert bound is not None
    assert (exclusion_test(prompts, bound + 0.001) or 0) < 0.05 < (exclusion_test(prompts, bound - 0.001) or 0)


def test_needed_prompts_are_those_that_suffice() -> None:
    assert fewest_prompts_to_exclude(0.1, level) == 29
    assert prompts_to_exclude([HELD] * 9, 0.1, level) == 29
    needed = prompts_to_exclude([LOST] + [HELD] * 19, 0.1, level)
    assert needed is not None and needed > 29
    times = needed // 20 + 1
    assert (exclusion_test(([LOST] + [HELD] * 19) * times, 0.1) or 1) <= 0.05
    assert (exclusion_test(([LOST] + [HELD] * 19) * (times - 2), 0.1) or 0) > 0.05


def test_more_prompts_exclude_no_drop_that_is_as_large_as_the_limit() -> None:
    assert prompts_to_exclude([LOST] + [HELD] * 9, 0.1, level) is None
    assert prompts_to_exclude([HELD] * 9, 0.0, level) is None


@pytest.mark.parametrize("checks", [1, 3, 12])
@pytest.mark.parametrize("prompts", [8, 25, 30, 60])
def test_a_rare_loss_of_whole_prompts_beside_little_noise_is_not_excluded(prompts: int, checks: int) -> None:
    random, runs = np.random.default_rng(7), 400
    excluded = 0
    for _ in range(runs):
        before, after = random.random((2, prompts, checks)) >= 0.01
        after[random.random(prompts) < 0.1] = False
        kinds = [before & after, before & ~after, ~before & after, ~before & ~after]
        tables = [Pairs(*table) for table in np.stack([kind.sum(axis=1) for kind in kinds], axis=-1).tolist()]
        excluded += (exclusion_test(tables, 0.1) or 0.0) <= 0.05
    assert excluded / runs <= 0.05 + 0.025
