"""How long prefill and decoding take: timings read from files, and a roofline of three terms fitted from a few of them.

Decoding a token takes ``a + b·B + c·B·min(n, budget)`` seconds and a prefill ``a + b·B·n + c·B·n²``, where B is the
batch and n the tokens of each prompt. ``a`` is what a step costs anyway (weights are read once for the whole batch),
the second term is work per token, the third is attention over the cache.

Source: the throughput predictor of Rethinking Key-Value Cache Compression Techniques for LLM Serving, arXiv:2503.24000.
Differs: three terms are fitted, so that few measurements do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, inf, isfinite, log
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
    "Group",
    "LEAST_POINTS",
    "Measurement",
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
"""Three numbers are fitted; one measurement more says how well."""

COVERAGE = 0.9
"""The share of new measurements that an error bar is to hold, if there are enough to know it from."""

Array = NDArray[np.float64]

Group = tuple[str, str, str]
"""Method, model and stage."""

ALIASES = {
    "batch": ("bsz", "batch", "batch_size"),
    "tokens": ("prompt_len", "tokens", "length", "context_tokens"),
    "throughput": ("thr", "throughput", "tokens_per_second"),
    "seconds": ("seconds",),
}
"""What columns are called; of the last two, one is enough."""

STAGES = {"prefill": "prefill", "decoding": "decode", "decode": "decode"}


@dataclass(frozen=True)
class Measurement:
    """One timing.

    Attributes:
        batch: requests side by side.
        tokens: of each request's context.
        seconds: of the prefill, or of one decoding step.
    """

    batch: int
    tokens: int
    seconds: float


@dataclass(frozen=True)
class Prediction:
    """What a stage is expected to take.

    Attributes:
        seconds: expected.
        low, high: the error bar.
        coverage: the share of new measurements that the bar is to hold, 0..1.
        extrapolates: why this lies outside of what was measured; empty when it does not.
    """

    seconds: float
    low: float
    high: float
    coverage: float
    extrapolates: str = ""


@dataclass(frozen=True)
class Roofline:
    """A fitted stage.

    Attributes:
        stage: ``prefill`` or ``decode``.
        terms: a, b, c; none is negative.
        budget: tokens beyond which a cache no longer grows; infinite without a budget.
        error: the relative error that ``coverage`` of the left-out measurements stay under.
        coverage: see ``Prediction``.
        batches, tokens: the least and the most that was measured.
    """

    stage: str
    terms: tuple[float, float, float]
    budget: float
    error: float
    coverage: float
    batches: tuple[int, int]
    tokens: tuple[int, int]

    def seconds(self, batch: float, tokens: float) -> float:
        """Return the expected time alone."""
        point = np.array([float(batch)]), np.array([float(tokens)])
        return float(roofline_features(self.stage, *point, self.budget)[0] @ np.array(self.terms))

    def predict(self, batch: float, tokens: float) -> Prediction:
        """Return the expected time with its error bar; outside of what was measured the bar says less than it seems."""
        seconds = self.seconds(batch, tokens)
        outside = [
            f"{name} {value:g} is outside of the measured {low} to {high}"
            for name, value, (low, high) in (("batch", batch, self.batches), ("tokens", tokens, self.tokens))
            if not low <= value <= high
        ]
        # A measurement t is off by |t̂ - t| / t, so the bar around t̂ is wider above than below.
        high = seconds / (1 - self.error) if self.error < 1 else inf
        return Prediction(seconds, seconds / (1 + self.error), high, self.coverage, "; ".join(outside))


def fit_roofline(stage: str, points: Sequence[Measurement], budget: float | None = None) -> Roofline:
    """Fit a stage by non-negative least squares on relative errors.

    Args:
        stage: ``prefill`` or ``decode``.
        points: at least ``LEAST_POINTS``.
        budget: tokens a cache is limited to; None finds it among the measured lengths, by Bayes' information criterion.

    Raises:
        UsageError: there are too few points, or scipy is not installed.
    """
    if len(points) < LEAST_POINTS:
        raise UsageError(
            f"{len(points)} measurements of {stage} do not fix a roofline. Measure {LEAST_POINTS} or more, at several "
            "batches and lengths."
        )
    terms, found = fit_terms(stage, points, budget)
    errors = sorted(leave_one_out(stage, points, budget))
    count = len(errors)
    # The rank that split-conformal prediction takes; with fewer points than it needs, the largest error covers less.
    rank = min(count, ceil((count + 1) * COVERAGE))
    return Roofline(
        stage,
        terms,
        found,
        errors[rank - 1],
        min(COVERAGE, count / (count + 1)),
        _range(point.batch for point in points),
        _range(point.tokens for point in points),
    )


def leave_one_out(stage: str, points: Sequence[Measurement], budget: float | None = None) -> list[float]:
    """Return the relative error |t̂ − t| / t of every point, predicted from the others; the budget is found anew."""
    return [
        relative_error(stage, fit_terms(stage, [*points[:index], *points[index + 1 :]], budget), point)
        for index, point in enumerate(points)
    ]


Fit = tuple[tuple[float, float, float], float]
"""The three terms, and the budget."""


def fit_terms(stage: str, points: Sequence[Measurement], budget: float | None) -> Fit:
    """Return the terms and the budget: the one that is asked for, or the one of the least information criterion."""
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


def _values(point: Measurement) -> tuple[int, int, float]:
    return point.batch, point.tokens, point.seconds


def _budgets(stage: str, tokens: Array) -> Iterator[float]:
    """Yield what a budget may be: none, or a measured length under the longest."""
    yield inf
    if stage == "decode":
        yield from sorted(set(tokens.tolist()))[:-1]


def roofline_features(stage: str, batch: Array, tokens: Array, budget: float) -> Array:
    """Return the three terms' factors, one row per point."""
    columns = (
        (np.ones_like(batch), batch, batch * np.minimum(tokens, budget))
        if stage == "decode"
        else (np.ones_like(batch), batch * tokens, batch * tokens**2)
    )
    return np.stack(columns, axis=1)


def relative_error(stage: str, fitted: Fit, point: Measurement) -> float:
    """Return |t̂ − t| / t of one measurement."""
    (terms, budget), truth = fitted, point.seconds
    row = roofline_features(stage, np.array([float(point.batch)]), np.array([float(point.tokens)]), budget)[0]
    return float(abs(row @ np.array(terms) - truth) / truth)


def _range(values: Iterator[int]) -> tuple[int, int]:
    seen = list(values)
    return min(seen), max(seen)


def read_throughput(path: Path) -> dict[Group, tuple[Measurement, ...]]:
    """Return the measurements of a file, those of the same batch and length averaged.

    Throughput is tokens per second of the whole batch: all prompt tokens of a prefill, one token per request of a
    decoding step. A row without a positive number, as where memory ran out, is left out.

    Raises:
        UsageError: the file cannot be read, or a row lacks a column or is of no known stage.
    """
    found: dict[Group, dict[tuple[int, int], list[float]]] = {}
    for line, row in read_rows(path):
        group, place, seconds = _timed(path, line, row)
        if seconds is not None:
            found.setdefault(group, {}).setdefault(place, []).append(seconds)
    return {
        group: tuple(Measurement(*place, fmean(times)) for place, times in sorted(places.items()))
        for group, places in sorted(found.items())
    }


def _timed(path: Path, line: int, row: Mapping[str, Any]) -> tuple[Group, tuple[int, int], float | None]:
    stage = STAGES.get(str(row.get("stage", "")).strip().lower())
    if stage is None:
        raise UsageError(f"{path}:{line}: the stage is {row.get('stage')!r}. Write prefill or decoding.")
    batch, tokens = (_number(path, line, row, name) for name in ("batch", "tokens"))
    if batch is None or tokens is None:
        raise UsageError(f"{path}:{line}: batch or length is missing. Columns: bsz, prompt_len, stage, thr or seconds.")
    group = (str(row.get("method") or path.name), str(row.get("model") or "model"), stage)
    seconds = _number(path, line, row, "seconds")
    rate = _number(path, line, row, "throughput")
    if seconds is None and rate is not None:
        seconds = batch * (tokens if stage == "prefill" else 1) / rate
    return group, (int(batch), int(tokens)), seconds


def _number(path: Path, line: int, row: Mapping[str, Any], name: str) -> float | None:
    """Return a positive number; None where there is none."""
    text = next((row[column] for column in ALIASES[name] if row.get(column) not in (None, "")), None)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        raise UsageError(f"{path}:{line}: {name} is {text!r}, which is no number. Leave it empty if unknown.") from None
    return value if isfinite(value) and value > 0 else None
