"""Confidence intervals of rates and of their differences, all 0..1 or -1..1."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist

from pytest_kvguard.stats.pairs import Pairs

__all__ = ["Interval", "design_effect", "drop_interval", "newcombe_interval", "paired_interval", "wilson_interval"]

Interval = tuple[float, float]


def wilson_interval(held: float, checks: float, confidence: float = 0.95) -> Interval | None:
    """Return the score interval of a rate; None without checks.

    Source: Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927).
    Differs: counts may be fractions, as they are after division by a design effect.
    """
    if not checks:
        return None
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    rate, spread = held / checks, z * z / checks
    middle = rate + spread / 2
    half = sqrt(max(0.0, spread * (rate * (1 - rate) + spread / 4)))
    return max(0.0, (middle - half) / (1 + spread)), min(1.0, (middle + half) / (1 + spread))


def newcombe_interval(
    first: tuple[float, float], second: tuple[float, float], confidence: float = 0.95
) -> Interval | None:
    """Return the interval of a difference of two rates from *different* prompts, each (held, checks).

    Source: Newcombe, Interval estimation for the difference between independent proportions, Statistics in Medicine 17
    (1998) 873-890, method 10. Differs: none.
    """
    return _hybrid(first, second, 0.0, confidence)


def paired_interval(pairs: Pairs, confidence: float = 0.95, checks_per_independent_one: float = 1.0) -> Interval | None:
    """Return the interval of a drop, from pairs of checks.

    Source: Newcombe, Improved confidence intervals for the difference between binomial proportions based on paired
    data, Statistics in Medicine 17 (1998) 2635-2650, method 10. Differs: counts may be divided by a design effect.
    """
    n = pairs.checks / checks_per_independent_one
    shrink = 1 / checks_per_independent_one
    held = pairs.uncompressed * shrink, pairs.compressed * shrink
    return _hybrid((held[0], n), (held[1], n), _correlation(pairs, shrink), confidence)


def _hybrid(first: tuple[float, float], second: tuple[float, float], phi: float, confidence: float) -> Interval | None:
    """Combine two score intervals; ``phi`` is the correlation between the two rates."""
    one, two = wilson_interval(*first, confidence), wilson_interval(*second, confidence)
    if one is None or two is None:
        return None
    p, q = first[0] / first[1], second[0] / second[1]
    below = _length(p - one[0], two[1] - q, phi)
    above = _length(one[1] - p, q - two[0], phi)
    return p - q - below, p - q + above


def _length(a: float, b: float, phi: float) -> float:
    return sqrt(max(0.0, a * a - 2 * phi * a * b + b * b))


def _correlation(pairs: Pairs, shrink: float) -> float:
    """Return phi of a fourfold table, with Newcombe's correction for continuity."""
    both, lost, gained, neither = (count * shrink for count in (pairs.both, pairs.lost, pairs.gained, pairs.neither))
    product = (both + lost) * (gained + neither) * (both + gained) * (lost + neither)
    if not product:
        return 0.0
    excess = both * neither - lost * gained
    if excess > 0:
        excess = max(0.0, excess - (both + lost + gained + neither) / 2)
    return excess / sqrt(product)


def design_effect(prompts: Sequence[Pairs]) -> float | None:
    """Return the factor by which dependence within prompts inflates a drop's variance, 1 or more; None for one prompt.

    Source: Rao and Scott, A simple method for the analysis of clustered binary data, Biometrics 48 (1992).
    Differs: of a paired difference instead of a rate, and never below 1.
    """
    counted = [pairs for pairs in prompts if pairs.checks]
    total = Pairs.total(counted)
    if len(counted) < 2 or total.drop is None:
        return None
    alone = ((total.lost + total.gained) / total.checks - total.drop**2) * total.checks
    if alone <= 0:
        # If no two checks differ, dependence cannot be estimated, so each prompt counts as one check.
        return total.checks / len(counted)
    spread = sum((pairs.lost - pairs.gained - total.drop * pairs.checks) ** 2 for pairs in counted)
    return max(1.0, spread * len(counted) / (len(counted) - 1) / alone)


def drop_interval(prompts: Sequence[Pairs], confidence: float = 0.95) -> Interval | None:
    """Return the interval of a drop over prompts whose checks depend on each other; None for fewer than two prompts."""
    effect = design_effect(prompts)
    return None if effect is None else paired_interval(Pairs.total(prompts), confidence, effect)
