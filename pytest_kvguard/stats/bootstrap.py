"""Bootstrap intervals of means."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["RESAMPLES", "bootstrap_interval"]

RESAMPLES = 2000


def bootstrap_interval(
    strata: Sequence[Sequence[float]], confidence: float = 0.95, seed: int = 0
) -> tuple[float, float] | None:
    """Return the percentile interval of the mean over strata of their means; None without values.

    Source: Efron, Bootstrap methods: another look at the jackknife, Annals of Statistics 7 (1979). Differs: every
    stratum is resampled within itself, since its size was chosen and not drawn.

    Args:
        strata: the values of each stratum; empty ones are left out.
        confidence: of the interval.
        seed: the same seed gives the same interval.
    """
    filled = [np.asarray(values, dtype=float) for values in strata if len(values)]
    if not filled:
        return None
    generator = np.random.default_rng(seed)
    means = [np.array([generator.choice(values, len(values)).mean() for _ in range(RESAMPLES)]) for values in filled]
    low, high = np.quantile(np.mean(means, axis=0), [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
