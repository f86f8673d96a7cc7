"""A roofline recovers its terms, has an error bar, and marks predictions outside the measured range."""

from __future__ import annotations

from itertools import product
from math import inf

import numpy as np
import pytest

from pytest_kvguard.errors import UsageError
from pytest_kvguard.serving_cost.throughput import Roofline, Timing, fit_roofline, leave_one_out
from tests.unit.serving_cost.timings import BATCHES, LENGTHS, TERMS, measured


@pytest.mark.parametrize("stage", TERMS)
def test_exact_timings_give_back_their_terms(stage: str) -> None:
    fitted = fit_roofline(stage, measured(stage))
    assert fitted.terms == pytest.approx(TERMS[stage])
    assert fitted.budget == inf
    assert fitted.error == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_a_budget_is_found_where_caches_stop_growing(noise: float) -> None:
    assert fit_roofline("decode", measured("decode", budget=1024, noise=noise)).budget == 1024


def test_a_budget_that_is_known_is_taken() -> None:
    assert fit_roofline("decode", measured("decode"), budget=512).budget == 512


def test_no_term_is_negative_whatever_is_measured() -> None:
    backwards = [Timing(batch, tokens, 1 / (batch * tokens)) for batch, tokens in product(BATCHES, LENGTHS)]
    assert min(fit_roofline("prefill", backwards).terms) >= 0


def test_every_point_is_left_out_once() -> None:
    points = measured("decode")
    points[7] = Timing(points[7].batch, points[7].tokens, 2 * points[7].seconds)
    errors = leave_one_out("decode", points)
    assert len(errors) == len(points)
    assert errors[7] == pytest.approx(0.5, abs=0.01)


def test_the_error_bar_holds_about_the_share_of_new_timings_that_it_claims() -> None:
    held = []
    for seed in range(20):
        fitted = fit_roofline("prefill", measured("prefill", noise=0.05, seed=seed))
        held += [
            bar.low <= point.seconds <= bar.high
            for point in measured("prefill", noise=0.05, seed=seed + 100)
            for bar in [fitted.predict(point.batch, point.tokens)]
        ]
    assert fitted.coverage == 0.9
    assert 0.85 <= np.mean(held) <= 0.97


def test_few_points_claim_less_coverage() -> None:
    six = measured("prefill", noise=0.05)[::3][:6]
    assert fit_roofline("prefill", six).coverage == pytest.approx(6 / 7)


def test_a_prediction_says_where_nothing_was_measured() -> None:
    fitted = fit_roofline("decode", measured("decode"))
    assert fitted.predict(2, 700).extrapolates == ""
    assert fitted.predict(2, 9000).extrapolates == "tokens 9000 is outside of the measured 256 to 4096"
    assert "batch 64 is outside of the measured 1 to 8" in fitted.predict(64, 9000).extrapolates


def test_an_error_of_everything_has_no_upper_end() -> None:
    bar = Roofline("decode", (1, 0, 0), inf, 1.5, 0.9, (1, 1), (1, 1)).predict(1, 1)
    assert (bar.low, bar.high) == (0.4, inf)


def test_too_few_points_are_refused_with_the_number_that_is_needed() -> None:
    with pytest.raises(UsageError, match="3 measurements of decode do not fix a roofline. Measure 4 or more"):
        fit_roofline("decode", measured("decode")[:3])
