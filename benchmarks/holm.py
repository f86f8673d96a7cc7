"""Holm's correction of many p-values, to which the procedure of gates is compared."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["holm"]


def holm(p_values: Sequence[float]) -> list[float]:
    """Return adjusted p-values, in order; those at or under the significance level are rejected.

    The probability that any of the tests raises a false alarm is at most the significance level, however the tests
    depend on each other.

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
