"""How far apart two runs of one conversation are, by the probabilities they gave the same tokens.

Frozen values; no torch, no pytest, no I/O.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Distance", "DistanceSummary", "TokenLogprobs", "measure_distance"]

TokenLogprobs = tuple[tuple[str, float], ...]
"""Of every token of a reply, its text and the natural logarithm of the probability it was chosen with."""


@dataclass(frozen=True)
class Distance:
    """Two runs of one conversation.

    Attributes:
        tokens: how many tokens both begin with alike.
        mean: mean |Δ logprob| over those, in nats; None where the first token differs already.
        same: whether they end alike, too.
    """

    tokens: int
    mean: float | None
    same: bool


@dataclass(frozen=True)
class DistanceSummary:
    """The distances of a cell, beside those of a harmless change.

    Attributes:
        conversations: how many were measured; means are over those that were measured on both sides.
        mean: mean |Δ logprob| between uncompressed and compressed, in nats; None where nothing could be compared.
        floor: the same between uncompressed and uncompressed under a harmless change: the noise floor.
        times: mean over floor; None where there is no floor above 0.
        interval: of ``times``, at the gate's confidence; None with fewer than two conversations.
        same, same_in_floor: conversations whose replies are equal.
    """

    conversations: int
    mean: float | None
    floor: float | None
    times: float | None
    interval: tuple[float, float] | None
    same: int
    same_in_floor: int


def measure_distance(one: Sequence[TokenLogprobs], other: Sequence[TokenLogprobs]) -> Distance | None:
    """Return the distance of two runs; None where a reply came without logprobs.

    Later turns answer different prompts once a reply differs, so all turns are read as one text, up to the first token
    that differs. There a model's second choice is compared with another's first, which says little.

    Args:
        one: the tokens of every turn's reply in the first run.
        other: those in the second.
    """
    if not all(one) or not all(other) or len(one) != len(other):
        return None
    gaps: list[float] = []
    for mine, theirs in zip(one, other, strict=True):
        for (token, logprob), (their_token, their_logprob) in zip(mine, theirs, strict=False):
            if token != their_token:
                return _distance(gaps, same=False)
            gaps.append(abs(logprob - their_logprob))
        if len(mine) != len(theirs):
            return _distance(gaps, same=False)
    return _distance(gaps, same=True)


def _distance(gaps: Sequence[float], same: bool) -> Distance:
    return Distance(len(gaps), sum(gaps) / len(gaps) if gaps else None, same)
