"""The distances of a cell, compared with the noise floor of the same conversations."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from pytest_kvguard.values.distances import Distance, DistanceSummary

__all__ = ["RESAMPLES", "summarize_distances"]

RESAMPLES = 2000


def summarize_distances(
    pairs: Sequence[tuple[Distance, Distance | None]], confidence: float = 0.95, seed: int = 0
) -> DistanceSummary | None:
    """Return the summary of a cell; None if no conversation has a distance.

    ``noise_ratio`` is the ratio of two means over the same conversations. Its interval comes from a bootstrap that
    draws conversations with both their distances, because a prompt that is sensitive to one change is sensitive to
    others. Source: Efron, Bootstrap methods: another look at the jackknife, Annals of Statistics 7 (1979). Differs:
    none.

    Args:
        pairs: for every conversation, its distance under compression and under a harmless change, None if that did not
            run.
        confidence: of the interval.
        seed: the same seed gives the same interval.
    """
    if not pairs:
        return None
    both = [(d.mean, n.mean) for d, n in pairs if n is not None and d.mean is not None and n.mean is not None]
    alone = [d.mean for d, _ in pairs if d.mean is not None]
    mean, floor = (sum(column) / len(both) for column in zip(*both, strict=True)) if both else (None, None)
    # Any comparison with NaN is false, and no interval comes of infinite numbers: the caller sees them in the means.
    are_finite = all(isfinite(number) for number in (mean, floor) if number is not None)
    return DistanceSummary(
        conversations=len(pairs),
        mean=mean if both else (sum(alone) / len(alone) if alone else None),
        floor=floor,
        noise_ratio=mean / floor if floor and mean is not None else None,
        interval=_interval(both, confidence, seed) if floor and are_finite and len(both) > 1 else None,
        same=sum(distance.same for distance, _ in pairs),
        same_in_floor=sum(noise.same for _, noise in pairs if noise is not None),
    )


def _interval(both: Sequence[tuple[float, float]], confidence: float, seed: int) -> tuple[float, float]:
    """Return the percentile interval of the ratio of the two columns' means."""
    import numpy as np  # here, because collecting contracts imports this module and should not load numpy

    values = np.asarray(both, dtype=float)
    generator = np.random.default_rng(seed)
    drawn = values[generator.integers(0, len(values), (RESAMPLES, len(values)))].mean(axis=1)
    drawn = drawn[drawn[:, 1] > 0]
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
