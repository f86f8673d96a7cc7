"""The smallest drop that a number of prompts could have shown."""

from __future__ import annotations

from functools import lru_cache
from math import lgamma, log

import numpy as np

from pytest_kvguard.values.gates import POWER

__all__ = ["smallest_shown_drop"]

HALVINGS = 30


@lru_cache(maxsize=1024)
def smallest_shown_drop(
    prompts: int, significance_level: float, margin: float = 0.0, power: float = POWER
) -> float | None:
    """Return the smallest true drop that a sign-flip test above ``margin`` would have shown with probability ``power``.

    Assumed is the plainest case: prompts lose all their checks or none, independently, and nothing is gained. Noise
    only makes it larger.

    Args:
        prompts: number of prompts.
        significance_level: of the test, after all adjustment.
        margin: the allowed drop, 0..1.
        power: the probability, 0..1.

    Returns:
        None if the prompts are too few for the test to reject at all.
    """
    if not prompts or _p_value(prompts, prompts, margin) > significance_level:
        return None
    low, high = 0, prompts
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _p_value(middle, prompts, margin) <= significance_level else (middle, high)
    return _rate(prompts, high, power)


def _p_value(lost: int, prompts: int, margin: float) -> float:
    """Return the p-value if ``lost`` of the prompts lose everything and the others nothing, by counting flips."""
    flipped, kept = np.arange(lost + 1), np.arange(prompts - lost + 1)
    # A sum is as large as the observed one if what the flipped losses cost is not above what the others give.
    given = np.searchsorted(kept * margin, flipped * (1 - margin) - 1e-9)
    tail = np.append(np.exp(_log_binomial(prompts - lost, 0.5))[::-1].cumsum()[::-1], 0.0)
    return float((np.exp(_log_binomial(lost, 0.5)) * tail[given]).sum())


def _rate(prompts: int, least: int, power: float) -> float:
    """Return the rate at which at least ``least`` of the prompts are lost with probability ``power``."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        reached = np.exp(_log_binomial(prompts, middle))[least:].sum()
        low, high = (low, middle) if reached >= power else (middle, high)
    return high


def _log_binomial(number: int, rate: float) -> np.ndarray:
    """Return the logarithms of the chances of 0 to ``number`` successes."""
    successes = range(number + 1)
    ways = [lgamma(number + 1) - lgamma(count + 1) - lgamma(number - count + 1) for count in successes]
    return np.array([way + c * log(rate) + (number - c) * log(1 - rate) for c, way in enumerate(ways)])
