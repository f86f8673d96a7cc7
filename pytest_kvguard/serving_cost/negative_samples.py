"""Negative samples: those that collapse under compression although the average does not, and a test against noise.

Source of the definitions: Rethinking Key-Value Cache Compression Techniques for LLM Serving, arXiv:2503.24000. Differs:
the paper only counts; here the samples are also counted with the roles swapped, and a paired test decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations
from statistics import mean
from typing import Any

from pytest_kvguard.errors import UsageError
from pytest_kvguard.stats.bootstrap import bootstrap_interval
from pytest_kvguard.stats.paired_tests import sign_test

__all__ = [
    "BORDERLINE",
    "MethodComparison",
    "SIGNIFICANCE_LEVEL",
    "MethodScores",
    "SampleKey",
    "THRESHOLDS",
    "benign_samples",
    "compare_methods",
    "count_by_task",
    "count_negatives",
    "macro_mean",
    "mirrored_negatives",
    "negative_samples",
]

SampleKey = tuple[str, str]
"""Data set and id of a sample."""

MethodScores = Mapping[SampleKey, Fraction]
"""One method's score of every sample; higher is better. Fractions, so that "reaches 90 % of 0.1" is exact."""

THRESHOLDS = (1, 2, 4, 8, 10, 16, 24, 32)
"""Percent of the baseline's score that may be lost."""

Counts = dict[str, Any]

SIGNIFICANCE_LEVEL = 0.05
"""With a two-sided p-value under this a method is significantly worse."""

BORDERLINE = 0.10
"""A p-value under this, but not under ``SIGNIFICANCE_LEVEL``, is borderline."""


@dataclass(frozen=True)
class MethodComparison:
    """The comparison of one method with the baseline, sample by sample.

    Attributes:
        better, worse, equal: number of samples that score higher, lower, or the same as under the baseline.
        p: two-sided p-value of the sign test on the samples that differ.
        change: mean over data sets of the mean change of score; negative is worse.
        interval: 95 % interval of the change, by bootstrap within data sets.
        verdict: ``regression``, ``borderline`` or ``no regression``.
    """

    better: int
    worse: int
    equal: int
    p: float
    change: float
    interval: tuple[float, float]
    verdict: str


def macro_mean(scores: MethodScores) -> float:
    """Return the mean over data sets of their mean score."""
    return float(mean(_means(scores).values()))


def benign_samples(baseline: MethodScores) -> frozenset[SampleKey]:
    """Return the samples that the baseline answers at least as well as its data set on average."""
    means = _means(baseline)
    return frozenset(key for key, score in baseline.items() if score >= means[key[0]])


def negative_samples(
    baseline: MethodScores, methods: Sequence[MethodScores], threshold: Fraction
) -> frozenset[SampleKey]:
    """Return the benign samples on which every method loses more than a fraction of the baseline's score.

    Args:
        baseline: the uncompressed scores.
        methods: one method, or several that must all fail; samples that one of them lacks are not counted.
        threshold: the fraction of the score that may be lost.
    """
    return frozenset(
        key
        for key in benign_samples(baseline)
        if all(key in scores and scores[key] < (1 - threshold) * baseline[key] for scores in methods)
    )


def mirrored_negatives(baseline: MethodScores, method: MethodScores, threshold: Fraction) -> frozenset[SampleKey]:
    """Return the negative samples with the roles swapped, whose number shows what noise alone causes."""
    return negative_samples(method, [baseline], threshold)


def compare_methods(baseline: MethodScores, method: MethodScores) -> MethodComparison:
    """Return the comparison on the samples that both have.

    The verdict is *regression* if more samples are worse than better and the two-sided sign test gives p under 0.05,
    *borderline* with p under 0.10, else *no regression*. The test ignores how far scores move; the interval of the
    change shows that.

    Raises:
        UsageError: they have no sample in common.
    """
    changes: dict[str, list[Fraction]] = {}
    for key in baseline.keys() & method.keys():
        changes.setdefault(key[0], []).append(method[key] - baseline[key])
    if not changes:
        raise UsageError(
            "The methods have no sample in common, so nothing can be compared. Give them the same data sets and ids."
        )
    flat = [change for members in changes.values() for change in members]
    better, worse = sum(change > 0 for change in flat), sum(change < 0 for change in flat)
    p = min(1.0, 2 * sign_test(max(better, worse), min(better, worse)))
    strata = [sorted(map(float, changes[name])) for name in sorted(changes)]
    return MethodComparison(
        better,
        worse,
        len(flat) - better - worse,
        p,
        float(mean(map(mean, changes.values()))),
        bootstrap_interval(strata) or (0.0, 0.0),
        _verdict(better, worse, p),
    )


def _verdict(better: int, worse: int, p: float) -> str:
    if worse <= better or p >= BORDERLINE:
        return "no regression"
    return "regression" if p < SIGNIFICANCE_LEVEL else "borderline"


def _means(scores: MethodScores) -> dict[str, Fraction]:
    by_set: dict[str, list[Fraction]] = {}
    for (data_set, _), score in scores.items():
        by_set.setdefault(data_set, []).append(score)
    return {data_set: mean(members) for data_set, members in by_set.items()}


def count_negatives(
    scores: Mapping[str, MethodScores], baseline: str, together: Sequence[Sequence[str]] | None = None
) -> Counts:
    """Return the means, the negative samples and the verdicts of every method against the baseline.

    Args:
        scores: by method.
        baseline: the uncompressed method.
        together: sets of methods that must all fail; None for every pair, in both orders of its names.
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
    """Return the numbers of benign, negative and mirrored samples, by data set."""
    kinds = {
        "benign": benign_samples(baseline),
        "negatives": negative_samples(baseline, [method], threshold),
        "mirrored": mirrored_negatives(baseline, method, threshold),
    }
    return {
        data_set: {kind: sum(key[0] == data_set for key in keys) for kind, keys in kinds.items()}
        for data_set in sorted({data_set for data_set, _ in baseline})
    }
