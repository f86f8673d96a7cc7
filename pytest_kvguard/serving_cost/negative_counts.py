"""All that is said of negative samples, as plain values: counts by threshold and task, mirrored, in pairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import permutations
from typing import Any

from pytest_kvguard.serving_cost.negative_samples import (
    MethodScores,
    SampleKey,
    benign_samples,
    compare_methods,
    macro_mean,
    mirrored_negatives,
    negative_samples,
)

__all__ = ["THRESHOLDS", "count_by_task", "count_negatives"]

THRESHOLDS = (1, 2, 4, 8, 10, 16, 24, 32)
"""Percent of the baseline's score that may be lost."""

Counts = dict[str, Any]


def count_negatives(
    scores: Mapping[str, MethodScores], baseline: str, together: Sequence[Sequence[str]] | None = None
) -> Counts:
    """Return the means, the negative samples and the verdicts of every method against the baseline.

    Args:
        scores: by method.
        baseline: the uncompressed method.
        together: sets of methods that must all fail; None takes every pair, under either order of its names.
    """
    base = scores[baseline]
    others = {name: method for name, method in sorted(scores.items()) if name != baseline}
    sets: dict[tuple[str, ...], list[MethodScores]] = {(name,): [method] for name, method in others.items()}
    for names in permutations(others, 2) if together is None else together:
        sets[tuple(names)] = [others[name] for name in names]
    return {
        "baseline": baseline,
        "macro_mean": {name: round(100 * macro_mean(method), 4) for name, method in scores.items()},
        "benign": len(benign_samples(base)),
        "negatives": {"+".join(names): _counts(negative_samples, base, members) for names, members in sets.items()},
        "mirrored": {name: _counts(mirrored_negatives, base, method) for name, method in others.items()},
        "pairs": {name: vars(compare_methods(base, method)) for name, method in others.items()},
    }


def _counts(count: Callable[..., frozenset[SampleKey]], base: MethodScores, compared: Any) -> dict[str, int]:
    return {str(percent): len(count(base, compared, Fraction(percent, 100))) for percent in THRESHOLDS}


def count_by_task(baseline: MethodScores, method: MethodScores, threshold: Fraction) -> dict[str, dict[str, int]]:
    """Return, by data set, how many samples are benign, negative, and negative with the roles swapped."""
    kinds = {
        "benign": benign_samples(baseline),
        "negatives": negative_samples(baseline, [method], threshold),
        "mirrored": mirrored_negatives(baseline, method, threshold),
    }
    return {
        data_set: {kind: sum(key[0] == data_set for key in keys) for kind, keys in kinds.items()}
        for data_set in sorted({data_set for data_set, _ in baseline})
    }
