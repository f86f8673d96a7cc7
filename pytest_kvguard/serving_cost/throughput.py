"""Rooflines of prefill and decoding: three terms, fitted to timings from files, predict the time of other batches.

Decoding a token takes ``a + b·B + c·B·min(n, budget)`` seconds and a prefill ``a + b·B·n + c·B·n²``, where B is the
batch size and n the number of tokens of each prompt. ``a`` is the fixed cost of a step (weights are read once for the
whole batch), the second term is the work per token, the third is attention over the cache.

Source: the throughput predictor of Rethinking Key-Value Cache Compression Techniques for LLM Serving, arXiv:2503.24000.
Differs: only three terms are fitted, so that few timings are enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, inf, isfinite, isinf, log
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pytest_kvguard.errors import UsageError
from pytest_kvguard.external.optional import load_optional
from pytest_kvguard.serving_cost.score_files import read_rows

__all__ = [
    "COVERAGE",
    "StageKey",
    "LEAST_POINTS",
    "Timing",
    "Prediction",
    "Roofline",
    "fit_roofline",
    "fit_terms",
    "leave_one_out",
    "read_throughput",
    "relative_error",
    "roofline_features",
]

LEAST_POINTS = 4
"""Three numbers are fitted; one more timing is needed to estimate the error."""

COVERAGE = 0.9
"""The share of new timings that an error bar should cover, if there are enough timings to calibrate it."""

Array = NDArray[np.float64]

StageKey = tuple[str, str, str]
"""The key of a fit: method, model and stage."""

ALIASES = {
    "batch": ("bsz", "batch", "batch_size"),
    "tokens": ("prompt_len", "tokens", "length", "context_tokens"),
    "throughput": ("thr", "throughput", "tokens_per_second"),
    "seconds": ("seconds",),
}
"""The names of each column; one of the last two columns is enough."""

STAGES = {"prefill": "prefill", "decoding": "decode", "decode": "decode"}


@dataclass(frozen=True)
class Timing:
    """One measured time.

    Attributes:
        batch: number of requests in the batch.
        tokens: context tokens of each request.
        seconds: time of the prefill, or of one decoding step.
    """

    batch: int
    tokens: int
    seconds: float


@dataclass(frozen=True)
class Prediction:
    """The expected time of a stage.

    Attributes:
        seconds: expected time.
        low, high: the error bar.
        coverage: the share of new timings that the bar should cover, 0..1.
        extrapolates: why the prediction is outside the measured range; empty if it is inside.
    """

    seconds: float
    low: float
    high: float
    coverage: float
    extrapolates: str = ""


@dataclass(frozen=True)
class Roofline:
    """The fitted model of one stage.

    Attributes:
        stage: ``prefill`` or ``decode``.
        terms: a, b, c; none is negative.
        budget: the token count at which a cache stops growing; infinite without a budget.
        error: the relative error that ``coverage`` of the left-out timings stay under.
        coverage: see ``Prediction``.
        batches, tokens: the measured ranges, (least, most).
    """

    stage: str
    terms: tuple[float, float, float]
    budget: float
    error: float
    coverage: float
    batches: tuple[int, int]
    tokens: tuple[int, int]

    def seconds(self, batch: float, tokens: float) -> float:
        """Return the expected time without an error bar."""
        point = np.array([float(batch)]), np.array([float(tokens)])
        return float(roofline_features(self.stage, *point, self.budget)[0] @ np.array(self.terms))

    def predict(self, batch: float, tokens: float) -> Prediction:
        """Return the expected time with its error bar, which is not calibrated outside the measured range."""
        seconds = self.seconds(batch, tokens)
        outside = [
            f"{name} {value:g} is outside of the measured {low} to {high}"
            for name, value, (low, high) in (("batch", batch, self.batches), ("tokens", tokens, self.tokens))
            if not low <= value <= high
        ]
        # The error is relative to the true time, |t̂ - t| / t, so the bar around t̂ is wider above than below.
        high = seconds / (1 - self.error) if self.error < 1 else inf
        return Prediction(seconds, seconds / (1 + self.error), high, self.coverage, "; ".join(outside))


def fit_roofline(stage: str, points: Sequence[Timing], budget: float | None = None) -> Roofline:
    """Return the fit of a stage by non-negative least squares on relative errors.

    Args:
        stage: ``prefill`` or ``decode``.
        points: at least ``LEAST_POINTS`` timings.
        budget: the token count that caches are limited to; None estimates it from the measured lengths by the Bayesian
            information criterion.

    Raises:
        UsageError: there are too few points, or scipy is not installed.
    """
    if len(points) < LEAST_POINTS:
        raise UsageError(
            f"{len(points)} measurements of {stage} do not fix a roofline. Measure {LEAST_POINTS} or more, at several "
            "batches and lengths."
        )
    terms, fitted_budget = fit_terms(stage, points, budget)
    errors = sorted(leave_one_out(stage, points, budget))
    count = len(errors)
    # The rank of split-conformal prediction; with too few points for it, the largest error has a lower coverage.
    rank = min(count, ceil((count + 1) * COVERAGE))
    return Roofline(
        stage,
        terms,
        fitted_budget,
        errors[rank - 1],
        min(COVERAGE, count / (count + 1)),
        _range(point.batch for point in points),
        _range(point.tokens for point in points),
    )


def leave_one_out(stage: str, points: Sequence[Timing], budget: float | None = None) -> list[float]:
    """Return the relative error |t̂ − t| / t of every point, predicted from the others; the budget is refitted, too."""
    return [
        relative_error(stage, fit_terms(stage, [*points[:index], *points[index + 1 :]], budget), point)
        for index, point in enumerate(points)
    ]


Fit = tuple[tuple[float, float, float], float]
"""The three terms, and the budget."""


def fit_terms(stage: str, points: Sequence[Timing], budget: float | None) -> Fit:
    """Return the terms and the budget: the given one, or the one with the lowest information criterion."""
    nnls = load_optional("scipy.optimize").nnls
    batch, tokens, seconds = (np.array(values, dtype=float) for values in zip(*map(_values, points), strict=True))
    best: tuple[float, Fit] | None = None
    for candidate in _budgets(stage, tokens) if budget is None else [budget]:
        relative = roofline_features(stage, batch, tokens, candidate) / seconds[:, None]
        scale = np.maximum(relative.max(axis=0), 1e-300)
        terms, residual = nnls(relative / scale, np.ones(len(points)))
        parameters = 3 + (candidate < inf)
        criterion = len(points) * log(max(residual**2 / len(points), 1e-30)) + parameters * log(len(points))
        if best is None or criterion < best[0]:
            a, b, c = (float(term) for term in terms / scale)
            best = criterion, ((a, b, c), candidate)
    assert best is not None
    return best[1]


def _values(point: Timing) -> tuple[int, int, float]:
    return point.batch, point.tokens, point.seconds


def _budgets(stage: str, tokens: Array) -> Iterator[float]:
    """Yield the candidates for a budget: none, and every measured length but the longest."""
    yield inf
    if stage == "decode":
        yield from sorted(set(tokens.tolist()))[:-1]


def roofline_features(stage: str, batch: Array, tokens: Array, budget: float) -> Array:
    """Return the factors of the three terms, shape (points, 3)."""
    columns = (
        (np.ones_like(batch), batch, batch * np.minimum(tokens, budget))
        if stage == "decode"
        else (np.ones_like(batch), batch * tokens, batch * tokens**2)
    )
    return np.stack(columns, axis=1)


def relative_error(stage: str, fitted: Fit, point: Timing) -> float:
    """Return the relative error |t̂ − t| / t of one timing."""
    (terms, budget), truth = fitted, point.seconds
    features = roofline_features(stage, np.array([float(point.batch)]), np.array([float(point.tokens)]), budget)[0]
    return float(abs(features @ np.array(terms) - truth) / truth)


def _range(values: Iterator[int]) -> tuple[int, int]:
    listed = list(values)
    return min(listed), max(listed)


def read_throughput(path: Path) -> dict[StageKey, tuple[Timing, ...]]:
    """Return the timings of a file by method, model and stage, averaged over rows of the same batch and length.

    Throughput is tokens per second of the whole batch: all prompt tokens of a prefill, one token per request of a
    decoding step. A row without a positive number is left out; it may stand for a run that was out of memory.

    Raises:
        UsageError: the file cannot be read, a row lacks a column, or its stage is unknown.
    """
    timings: dict[StageKey, dict[tuple[int, int], list[float]]] = {}
    for line, row in read_rows(path):
        key, place, seconds = _timed(path, line, row)
        if seconds is not None:
            timings.setdefault(key, {}).setdefault(place, []).append(seconds)
    return {
        key: tuple(Timing(*place, fmean(times)) for place, times in sorted(places.items()))
        for key, places in sorted(timings.items())
    }


def _timed(path: Path, line: int, row: Mapping[str, Any]) -> tuple[StageKey, tuple[int, int], float | None]:
    stage = STAGES.get(str(row.get("stage", "")).strip().lower())
    if stage is None:
        raise UsageError(f"{path}:{line}: the stage is {repr(row.get('stage'))[:60]}. Write prefill or decoding.")
    batch, tokens = (_number(path, line, row, name) for name in ("batch", "tokens"))
    if batch is None or tokens is None:
        raise UsageError(f"{path}:{line}: batch or length is missing. Columns: bsz, prompt_len, stage, thr or seconds.")
    key = (str(row.get("method") or path.name), str(row.get("model") or "model"), stage)
    seconds = _number(path, line, row, "seconds")
    rate = _number(path, line, row, "throughput")
    if seconds is None and rate is not None:
        seconds = batch * (tokens if stage == "prefill" else 1) / rate
    if seconds is not None and not isfinite(seconds):
        raise UsageError(f"{path}:{line}: a throughput of {rate} gives no finite time. Leave it empty if unknown.")
    return key, (int(batch), int(tokens)), seconds


def _number(path: Path, line: int, row: Mapping[str, Any], name: str) -> float | None:
    """Return the positive number in a column; None if there is none: an empty one, NaN, 0 or less.

    Raises:
        UsageError: it is no number, or infinite.
    """
    text = next((row[column] for column in ALIASES[name] if row.get(column) not in (None, "")), None)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        raise UsageError(
            f"{path}:{line}: {name} is {repr(text)[:60]}, which is no number. Leave it empty if unknown."
        ) from None
    if isinf(value):
        raise UsageError(f"{path}:{line}: {name} is {repr(text)[:60]}, which is not finite. Leave it empty if unknown.")
    return value if value > 0 else None
