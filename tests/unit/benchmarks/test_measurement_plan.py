"""A few points are chosen before anything is timed, and a roofline of them predicts the others."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from benchmarks.measurement_plan import choose_points, errors_from_few
from tests.unit.serving_cost.timings import BATCHES, LENGTHS, TERMS, measured


@pytest.mark.parametrize("stage", TERMS)
def test_six_chosen_points_predict_all_the_others(stage: str) -> None:
    points = measured(stage, noise=0.02)
    errors = errors_from_few(stage, points)
    assert len(errors) == len(points) - 6
    assert np.mean(errors) < 0.04


def test_points_are_chosen_without_their_times_and_never_twice() -> None:
    grid = list(product(BATCHES, LENGTHS))
    chosen = [grid[index] for index in choose_points("prefill", grid, 6)]
    assert len(set(chosen)) == 6
    assert {(1, 256), (8, 4096)} <= set(chosen)
    assert sorted(choose_points("decode", grid[:3], 6)) == [0, 1, 2]
