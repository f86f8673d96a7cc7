"""The choice of a few points to measure, from which a roofline predicts all the others."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np

from pytest_kvguard.serving_cost.throughput import Timing, fit_terms, relative_error, roofline_features

__all__ = ["choose_points", "errors_from_few"]


def errors_from_few(stage: str, points: Sequence[Timing], count: int = 6) -> list[float]:
    """Return the relative errors of a fit from ``count`` points on all the others."""
    chosen = choose_points(stage, [(point.batch, point.tokens) for point in points], count)
    fitted = fit_terms(stage, [points[index] for index in chosen], None)
    return [relative_error(stage, fitted, point) for index, point in enumerate(points) if index not in set(chosen)]


def choose_points(stage: str, grid: Sequence[tuple[int, int]], count: int = 6) -> tuple[int, ...]:
    """Return the indices into ``grid`` of the (batch, tokens) points to measure.

    A D-optimal design: one after the other, the point that adds most information on the three terms' relative errors.
    It needs no times, so it precedes all measurements; it assumes that the terms weigh the same on average.

    Source: Wynn, The sequential generation of D-optimum experimental designs, Annals of Mathematical Statistics 41
    (1970). Differs: a point is taken once.
    """
    batch, tokens = (np.array(values, dtype=float) for values in zip(*grid, strict=True))
    features = roofline_features(stage, batch, tokens, inf)
    features = features / features.mean(axis=0)
    features = features / features.sum(axis=1, keepdims=True)
    # A little of the identity keeps the matrix invertible before three points are chosen.
    information, chosen = 1e-6 * np.eye(3), list[int]()
    for _ in range(min(count, len(grid))):
        gains = np.einsum("ij,jk,ik->i", features, np.linalg.inv(information), features)
        gains[chosen] = -inf
        chosen.append(int(np.argmax(gains)))
        information = information + np.outer(features[chosen[-1]], features[chosen[-1]])
    return tuple(chosen)
