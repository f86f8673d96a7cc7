"""One-sided tests whether adherence dropped by more than a margin, and Holm's correction for many of them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from pytest_kvguard.stats.pairs import Pairs

__all__ = ["drop_test", "holm", "mcnemar_test", "prompts_needed", "sign_flip_test", "sign_test"]


def sign_test(above: int, below: int) -> float:
    """Return the exact p-value of a one-sided sign test; the caller leaves out ties.

    Source: Dixon and Mood, The statistical sign test, JASA 41 (1946). Differs: none.

    Args:
        above: pairs whose difference has the suspected sign.
        below: pairs whose difference has the other sign.
    """
    # Integers are exact and need no library that takes a second to load.
    pairs, ways, tail = above + below, 1, 0
    for count in range(pairs, above - 1, -1):
        tail += ways
        ways = ways * count // (pairs - count + 1)
    return float(tail / 2**pairs)


def mcnemar_test(pairs: Pairs) -> float:
    """Return the exact p-value of a drop by a sign test on the discordant pairs; valid for independent checks only.

    Source: McNemar, Note on the sampling error of the difference between correlated proportions, Psychometrika 12
    (1947), in its exact binomial form. Differs: one-sided, since a gain is no reason to fail.
    """
    return sign_test(pairs.lost, pairs.gained)


def sign_flip_test(prompts: Sequence[Pairs], margin: float = 0.0) -> float | None:
    """Return the exact p-value of a drop above ``margin`` if checks of one prompt depend on each other.

    Every prompt contributes one number: its net losses minus the losses that the margin allows. Under the null
    hypothesis each number is as likely to have the other sign, so the p-value is the share of all 2^n sign flips whose
    sum is at least the observed sum. The checks of a prompt flip together, so their dependence does no harm.

    Source: Fisher, The Design of Experiments (1935), §21, with prompts as the units that are flipped. Differs: all
    flips are counted by convolution, not listed or sampled, so the result is exact for any number of prompts.

    Args:
        prompts: one table per prompt.
        margin: the allowed drop, 0..1.

    Returns:
        None without checks.
    """
    if not any(pairs.checks for pairs in prompts):
        return None
    allowed = Fraction(str(margin)).limit_denominator(1000)
    values = [(pairs.lost - pairs.gained) * allowed.denominator - allowed.numerator * pairs.checks for pairs in prompts]
    reach = sum(map(abs, values))
    chances = np.zeros(2 * reach + 1)
    chances[reach] = 1.0
    for value in filter(None, map(abs, values)):
        flipped = np.zeros_like(chances)
        flipped[value:] += chances[:-value]
        flipped[:-value] += chances[value:]
        chances = flipped / 2
    # Halves are exact in binary, but a sum of many may end slightly above 1.
    return min(1.0, float(chances[reach + sum(values) :].sum()))


def drop_test(prompts: Sequence[Pairs], margin: float = 0.0) -> float | None:
    """Return the p-value of a drop above ``margin``: McNemar's if each prompt has one check, else by sign flips."""
    if margin == 0 and prompts and all(pairs.checks == 1 for pairs in prompts):
        return mcnemar_test(Pairs.total(prompts))
    return sign_flip_test(prompts, margin)


def prompts_needed(significance_level: float) -> int:
    """Return the fewest prompts with which a test can reject: n prompts give no p-value under 2^-n."""
    needed = 1
    while 0.5**needed > significance_level:
        needed += 1
    return needed


def holm(p_values: Sequence[float]) -> list[float]:
    """Return adjusted p-values, in order; those at or under the significance level are rejected.

    The probability that any of the tests raises a false alarm is at most the significance level, however the tests
    depend on each other. Tests of the same prompts have more power in ``step_down``, which gates use.

    Source: Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6 (1979).
    Differs: none.
    """
    adjusted = [1.0] * len(p_values)
    running = 0.0
    ranked = sorted(range(len(p_values)), key=lambda index: p_values[index])
    for rank, index in enumerate(ranked):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = running
    return adjusted
