"""Samples that collapse under compression although the average does not, how many, and whether that is more than noise.

Source of the definitions: Rethinking Key-Value Cache Compression Techniques for LLM Serving, arXiv:2503.24000. Differs:
the paper counts; here the same count is also made with the roles swapped, and a paired test decides.
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
    "Comparison",
    "LEVEL",
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
"""One method's score of every sample; higher is better. Fractions, so that "reaches 90 % of 0.1" means what it says."""

THRESHOLDS = (1, 2, 4, 8, 10, 16, 24, 32)
"""Percent of the baseline's score that may be lost."""

Counts = dict[str, Any]

LEVEL = 0.05
"""A two-sided p-value under it shows that a method is worse."""

BORDERLINE = 0.10
"""One under this, but not under ``LEVEL``, is no proof either way."""


@dataclass(frozen=True)
class Comparison:
    """One method against the baseline, sample by sample.

    Attributes:
        better, worse, equal: how many samples score higher, lower, or the same as under the baseline.
        p: two-sided p-value of the sign test on those that differ.
        change: mean over data sets of the mean change of score; negative is worse.
        interval: of the change, by bootstrap within data sets, at 95 %.
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
    """Return the benign samples of which no method reaches its share of the baseline's score.

    Args:
        baseline: the uncompressed scores.
        methods: one, or several that must all fail. A sample that one of them lacks is not counted.
        threshold: the fraction of the score that may be lost; a method that keeps just the rest reaches it.
    """
    return frozenset(
        key
        for key in benign_samples(baseline)
        if all(key in scores and scores[key] < (1 - threshold) * baseline[key] for scores in methods)
    )


def mirrored_negatives(baseline: MethodScores, method: MethodScores, threshold: Fraction) -> frozenset[SampleKey]:
    """Return what would be negative if the method were the baseline: what noise alone, or a gain, gives."""
    return negative_samples(method, [baseline], threshold)


def compare_methods(baseline: MethodScores, method: MethodScores) -> Comparison:
    """Compare on the samples that both have.

    The rule of the verdict: a *regression* has more samples worse than better, and a two-sided sign test with p under
    0.05; *borderline* is p under 0.10; everything else is *no regression*. How far scores move does not matter to
    the test, and the interval of the change says it.

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
    return Comparison(
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
    return "regression" if p < LEVEL else "borderline"


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
