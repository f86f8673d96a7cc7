"""Level 4, logits: those of every reply token up to the first that differs, within the tolerance of the dtype."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy

from pytest_kvguard.golden.match import LevelOutcome, LevelResult, Match, TurnPair
from pytest_kvguard.golden.tolerance import OTHER_ENTRIES, Tolerance
from pytest_kvguard.values.traces import TopLogits

__all__ = ["NAME", "LogitDistance", "compare_level", "logit_distance", "tolerance_of"]

NAME = "logits"


@dataclass(frozen=True, eq=False)
class LogitDistance:
    """The distances between the logits of a reply and the recorded ones, token by token.

    Attributes:
        logits: (N,) the largest difference among the highest logits; a lower bound where a logit is in one list only.
        divergence: (N,) the Kullback-Leibler divergence in nats, recorded from now; unlisted tokens count as one.
        shared: (N,) the number of recorded highest logits that are still among the highest.
        listed: the number of recorded logits per token.
    """

    logits: Any
    divergence: Any
    shared: Any
    listed: int


def compare_level(match: Match) -> LevelResult:
    """Compare the logits of every turn."""
    pairs = [pair for pair in match.pairs if pair.recorded.logits is not None]
    if not pairs:
        return LevelResult(NAME, LevelOutcome.ABSENT, detail="none were recorded")
    largest, divergence = 0.0, 0.0
    for pair in pairs:
        if pair.now.logits is None:
            return LevelResult(NAME, LevelOutcome.DIFFERS, pair.name, "recorded, but this run reports none")
        for side, logits in (("recorded", pair.recorded.logits), ("present", pair.now.logits)):
            if logits is not None and not logits.are_finite:
                return LevelResult(NAME, LevelOutcome.DIFFERS, pair.name, f"the {side} logits are not finite numbers")
        distance = logit_distance(pair)
        tolerance = tolerance_of(pair, match)
        beyond = ~((distance.logits <= tolerance.logits) & (distance.divergence <= tolerance.divergence))
        if beyond.any():
            token = int(numpy.argmax(beyond))
            return LevelResult(
                NAME, LevelOutcome.DIFFERS, f"{pair.name}, reply token {token}", _detail(distance, token, tolerance)
            )
        largest = max(largest, float(distance.logits.max(initial=0)))
        divergence = max(divergence, float(distance.divergence.max(initial=0)))
    if not largest:
        return LevelResult(NAME, LevelOutcome.SAME)
    detail = f"largest difference of a logit {largest:.2g}, KL {divergence:.1e}"
    return LevelResult(NAME, LevelOutcome.MOVED, detail=detail)


def tolerance_of(pair: TurnPair, match: Match) -> Tolerance:
    """Return the tolerance of the dtype, or a wider one where the environment excuses other kept entries or codes."""
    old, new = pair.recorded.kept, pair.now.kept
    same_entries = old is None or (new is not None and old.shape == new.shape and bool((old == new).all()))
    return OTHER_ENTRIES if match.excused and (match.now.quantized or not same_entries) else match.tolerance


def logit_distance(pair: TurnPair) -> LogitDistance:
    """Return the distances up to the first token that differs, inclusive."""
    assert pair.recorded.logits is not None and pair.now.logits is not None
    tokens = min(pair.same_tokens + 1, len(pair.recorded.logits.ids), len(pair.now.logits.ids))
    old, new = (_first(logits, tokens) for logits in (pair.recorded.logits, pair.now.logits))
    same = old.ids[:, :, None] == new.ids[:, None, :]
    differences = numpy.where(same, numpy.abs(old.values[:, :, None] - new.values[:, None, :]), 0).max((1, 2))
    for one, other, is_listed in ((old, new, same.any(2)), (new, old, same.any(1))):
        # A logit that the other list lacks is at most as high there as the last of that list.
        surplus = numpy.where(is_listed, 0, one.values - other.values[:, -1:]).max(1)
        differences = numpy.maximum(differences, surplus)
    return LogitDistance(differences, _divergence(old, new, same), same.any(2).sum(1), old.ids.shape[1])


def _first(logits: TopLogits, tokens: int) -> TopLogits:
    return TopLogits(logits.ids[:tokens], logits.values[:tokens], logits.log_sums[:tokens])


def _divergence(old: TopLogits, new: TopLogits, same: Any) -> Any:
    probabilities = [numpy.exp(side.values.astype(numpy.float64) - side.log_sums[:, None]) for side in (old, new)]
    both = same.any(2)
    now = (same * probabilities[1][:, None, :]).sum(2)
    listed = numpy.where(both, probabilities[0] * numpy.log(probabilities[0] / numpy.where(both, now, 1)), 0).sum(1)
    rest = [1 - numpy.where(both, side, 0).sum(1) for side in (probabilities[0], now)]
    smallest = numpy.finfo(numpy.float32).eps
    rest_old, rest_now = (numpy.maximum(side, smallest) for side in rest)
    return numpy.maximum(listed + rest_old * numpy.log(rest_old / rest_now), 0)


def _detail(distance: LogitDistance, token: int, tolerance: Tolerance) -> str:
    return (
        f"a logit is off by {distance.logits[token]:.3g} (allowed {tolerance.logits:g} for {tolerance.dtype}), "
        f"KL {distance.divergence[token]:.2e} (allowed {tolerance.divergence:.0e}), "
        f"{distance.shared[token]} of the {distance.listed} most likely tokens are still among them"
    )
