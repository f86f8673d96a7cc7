"""What is shown *not* to happen: the largest drop that the prompts leave possible, and the prompts that it takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from math import pi

import numpy as np

from pytest_kvguard.stats.pairs import Pairs

__all__ = ["MOST_PROMPTS", "excluded_drop", "exclusion_test", "fewest_prompts_to_exclude", "prompts_to_exclude"]

MOST_PROMPTS = 10_000
"""An estimate of needed prompts ends here: beyond it, the drop seen is too near to the limit to tell."""

POINTS = 150
"""Points of the numerical integration, which give eight digits."""

HALVINGS = 20
"""Bounds are exact to a millionth; where the integration crosses the real axis matters even less."""

Tables = tuple[tuple[tuple[int, int], int], ...]
"""How many prompts have each (net losses, checks)."""


def exclusion_test(prompts: Sequence[Pairs], margin: float) -> float | None:
    """Return the p-value of "adherence drops by ``margin`` or more"; a small one excludes such a drop.

    A prompt is one observation, between "all its checks are gained" and "all are lost", with any distribution between.
    No spread is estimated from the prompts, because a loss of whole prompts that is rare shows none: of 8 prompts, 43 %
    of samples have no prompt with a loss that occurs in every tenth. Instead, one prompt in which everything is lost is
    imagined besides those seen, and the p-value is the chance that all of them, under random weights (uniform over all
    that add up to 1), drop by the margin or more.

    Source: Gaffke, Three test statistics for a nonparametric one-sided hypothesis on the mean of a nonnegative
    variable, Mathematical Methods of Statistics 14 (2005) 451-467. Where prompts are lost or kept as a whole it is the
    exact binomial bound of Clopper and Pearson, Biometrika 26 (1934); beyond that its level is not proven, but no
    distribution is known that exceeds it (Learned-Miller and Thomas, arXiv:1905.06208). Differs: prompts weigh as many
    checks as they have, and the chance is integrated numerically, not sampled.

    Args:
        prompts: one table per prompt; those without checks do not count.
        margin: the drop to exclude, above -1 and below 1.

    Returns:
        None without checks.
    """
    tables = _tables(prompts)
    return _chance(tables, margin, 1.0) if tables else None


def excluded_drop(prompts: Sequence[Pairs], significance_level: float) -> float | None:
    """Return the smallest drop that is excluded, -1..1; None without checks.

    It is the upper confidence bound of the drop, one-sided, at confidence 1 - ``significance_level``.
    """
    tables = _tables(prompts)
    return _bound(tables, significance_level) if tables else None


def prompts_to_exclude(prompts: Sequence[Pairs], margin: float, level_of: Callable[[int], float]) -> int | None:
    """Return how many prompts, those seen included, would exclude a drop of ``margin``, if all are like those seen.

    Args:
        prompts: one table per prompt.
        margin: the drop to exclude, 0..1.
        level_of: the significance level by number of prompts.

    Returns:
        None without checks, and if more prompts like these exclude no such drop, or only above ``MOST_PROMPTS``.
    """
    tables = _tables(prompts)
    seen = sum(count for _, count in tables)

    def suffices(number: int) -> bool:
        return _chance(tables, margin, number / seen) <= level_of(number)

    if not tables or not suffices(MOST_PROMPTS):
        return None
    low, high = 0, MOST_PROMPTS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if suffices(middle) else (middle, high)
    return high


def fewest_prompts_to_exclude(margin: float, level_of: Callable[[int], float]) -> int:
    """Return the fewest prompts that exclude a drop of ``margin``, which they do if no check is lost in any of them."""
    needed = 1
    while (1 - margin) ** needed > level_of(needed):
        needed += 1
    return needed


def _tables(prompts: Sequence[Pairs]) -> Tables:
    counts = Counter((pairs.lost - pairs.gained, pairs.checks) for pairs in prompts if pairs.checks)
    return tuple(sorted(counts.items()))


@lru_cache(maxsize=4096)
def _bound(tables: Tables, significance_level: float) -> float:
    low, high = -1.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if _chance(tables, middle, 1.0) <= significance_level else (middle, high)
    return high


def _chance(tables: Tables, margin: float, times: float) -> float:
    """Return the chance of a drop of ``margin`` or more under random weights.

    Args:
        tables: the prompts.
        margin: the drop.
        times: how often each prompt counts.
    """
    shapes = {(1 - margin) * max(checks for (_, checks), _ in tables): 1.0}
    for (net, checks), count in tables:
        coefficient = net - margin * checks
        shapes[coefficient] = shapes.get(coefficient, 0.0) + count * times
    return _positive_chance(shapes)


def _positive_chance(shapes: Mapping[float, float]) -> float:
    """Return the chance that a sum of gamma variables, each times its coefficient, is not negative.

    Uniform weights are exponential variables divided by their sum, so the sign of a weighted mean is that of their
    sum. Its tail is an integral of the moment generating function along a vertical line through the saddle point
    (Lugannani and Rice, Advances in Applied Probability 12 (1980), before they expand it).

    Args:
        shapes: coefficient → shape of its gamma variable; at least one coefficient is above 0.
    """
    coefficients = np.array([value for value in shapes if value])
    numbers = np.array([shapes[value] for value in coefficients.tolist()])
    if coefficients.min() >= 0:
        return 1.0
    saddle = _saddle_point(coefficients, numbers)
    curvature = (numbers * (coefficients / (1 - coefficients * saddle)) ** 2).sum() + saddle**-2
    width = 2 / np.sqrt(curvature)
    angles = (np.arange(POINTS) + 0.5) / POINTS * pi / 2
    line = saddle + 1j * width * np.tan(angles)
    logarithm = -(numbers[:, None] * np.log(1 - coefficients[:, None] * line)).sum(axis=0)
    integrand = (np.exp(logarithm) / line).real * width / np.cos(angles) ** 2
    return float(min(1.0, max(0.0, integrand.sum() / (2 * POINTS))))


def _saddle_point(coefficients: np.ndarray, numbers: np.ndarray) -> float:
    """Return where the integrand is smallest on the real axis, between 0 and its first pole."""
    low, high = 0.0, 1 / float(coefficients.max())
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        slope = (numbers * coefficients / (1 - coefficients * middle)).sum() - 1 / middle
        low, high = (low, middle) if slope > 0 else (middle, high)
    return low or high / 2
