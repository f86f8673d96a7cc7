"""A short notation for scores."""

from __future__ import annotations

from fractions import Fraction

from pytest_kvguard.serving_cost.negative_samples import MethodScores


def scores(**by_set: str) -> MethodScores:
    """Return the scores of data sets, each a line of numbers."""
    return {
        (data_set, str(number)): Fraction(text)
        for data_set, line in by_set.items()
        for number, text in enumerate(line.split())
    }
