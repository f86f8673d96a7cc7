"""Level 3, logits: of every reply token up to the first that differs; within the tolerance of the dtype."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy

from pytest_kvguard.golden.match import LevelResult, Match, Outcome, TurnPair
from pytest_kvguard.golden.tolerance import OTHER_ENTRIES, Tolerance
from pytest_kvguard.values.traces import TopLogits

__all__ = ["NAME", "Distance", "compare_level", "logit_distance", "tolerance_of"]

NAME = "logits"


@dataclass(frozen=True, eq=False)
class Distance:
    """How far the logits of a reply are from the recorded ones, token by token.

    Attributes:
        logits: (N,) largest difference of a logit among the highest; a lower bound where one list lacks the other's.
        divergence: (N,) nats, Kullback-Leibler divergence, recorded from now, with what is not listed as one outcome.
        shared: (N,) how many of the recorded highest logits are among the highest now.
        listed: how many were recorded.
    """

    logits: Any
    divergence: Any
    shared: Any
    listed: int


def compare_level(match: Match) -> LevelResult:
    """Compare the logits of every turn."""
    told = [pair for pair in match.pairs if pair.recorded.logits is not None]
    if not told:
        return LevelResult(NAME, Outcome.ABSENT, found="none were recorded")
    largest, divergence = 0.0, 0.0
    for pair in told:
        if pair.now.logits is None:
            return LevelResult(NAME, Outcome.DIFFERS, pair.name, "recorded, but this run offers none")
        distance = logit_distance(pair)
        tolerance = tolerance_of(pair, match)
        beyond = (distance.logits > tolerance.logits) | (distance.divergence > tolerance.divergence)
        if beyond.any():
            token = int(numpy.argmax(beyond))
            return LevelResult(
                NAME, Outcome.DIFFERS, f"{pair.name}, reply token {token}", _found(distance, token, tolerance)
            )
        largest = max(largest, float(distance.logits.max(initial=0)))
        divergence = max(divergence, float(distance.divergence.max(initial=0)))
    if not largest:
        return LevelResult(NAME, Outcome.SAME)
    found = f"largest difference of a logit {largest:.2g}, KL {divergence:.1e}"
    return LevelResult(NAME, Outcome.MOVED, found=found)


def tolerance_of(pair: TurnPair, match: Match) -> Tolerance:
    """Return the dtype's tolerance, or a wider one where the environment excuses other kept entries or other codes."""
    old, new = pair.recorded.kept, pair.now.kept
    same_entries = old is None or (new is not None and old.shape == new.shape and bool((old == new).all()))
    return OTHER_ENTRIES if match.excused and (match.now.quantized or not same_entries) else match.tolerance


def logit_distance(pair: TurnPair) -> Distance:
    """Return how far the logits are, as long as they are of the same tokens."""
    assert pair.recorded.logits is not None and pair.now.logits is not None
    tokens = min(pair.same_tokens + 1, len(pair.recorded.logits.ids), len(pair.now.logits.ids))
    old, new = (_first(logits, tokens) for logits in (pair.recorded.logits, pair.now.logits))
    same = old.ids[:, :, None] == new.ids[:, None, :]
    differences = numpy.where(same, numpy.abs(old.values[:, :, None] - new.values[:, None, :]), 0).max((1, 2))
    for one, other, found in ((old, new, same.any(2)), (new, old, same.any(1))):
        # What the other list lacks is there at most as high as that list's last.
        surplus = numpy.where(found, 0, one.values - other.values[:, -1:]).max(1)
        differences = numpy.maximum(differences, surplus)
    return Distance(differences, _divergence(old, new, same), same.any(2).sum(1), old.ids.shape[1])


def _first(logits: TopLogits, tokens: int) -> TopLogits:
    return TopLogits(logits.ids[:tokens], logits.values[:tokens], logits.log_sums[:tokens])


def _divergence(old: TopLogits, new: TopLogits, same: Any) -> Any:
    chances = [numpy.exp(side.values.astype(numpy.float64) - side.log_sums[:, None]) for side in (old, new)]
    both = same.any(2)
    now = (same * chances[1][:, None, :]).sum(2)
    listed = numpy.where(both, chances[0] * numpy.log(chances[0] / numpy.where(both, now, 1)), 0).sum(1)
    rest = [1 - numpy.where(both, side, 0).sum(1) for side in (chances[0], now)]
    floor = numpy.finfo(numpy.float32).eps
    rest_old, rest_now = (numpy.maximum(side, floor) for side in rest)
    return numpy.maximum(listed + rest_old * numpy.log(rest_old / rest_now), 0)


def _found(distance: Distance, token: int, tolerance: Tolerance) -> str:
    return (
        f"a logit is off by {distance.logits[token]:.3g} (allowed {tolerance.logits:g} for {tolerance.dtype}), "
        f"KL {distance.divergence[token]:.2e} (allowed {tolerance.divergence:.0e}), "
        f"{distance.shared[token]} of the {distance.listed} most likely tokens are still among them"
    )
