"""The distance between two runs of a conversation, from the probabilities that both gave the same tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Distance", "DistanceSummary", "TokenLogprobs", "measure_distance"]

TokenLogprobs = tuple[tuple[str, float], ...]
"""For each token of a reply, its text and the natural logarithm of its probability."""


@dataclass(frozen=True)
class Distance:
    """The distance between two runs of a conversation.

    Attributes:
        tokens: length of the prefix that both runs share.
        mean: mean |Δ logprob| over that prefix, in nats; None if the first tokens differ.
        same: whether the runs are equal to their ends.
    """

    tokens: int
    mean: float | None
    same: bool


@dataclass(frozen=True)
class DistanceSummary:
    """The distances of a cell's conversations, with the noise floor.

    Attributes:
        conversations: number of conversations with a distance; the means are over those that also have a noise
            distance.
        mean: mean |Δ logprob| between uncompressed and compressed, in nats; None if no pair could be compared.
        floor: the noise floor: the same between uncompressed and uncompressed under a harmless change.
        noise_ratio: mean over floor; None unless the floor is above 0.
        interval: confidence interval of ``noise_ratio``; None with fewer than two conversations.
        same, same_in_floor: conversations with equal replies, under compression and under the harmless change.
    """

    conversations: int
    mean: float | None
    floor: float | None
    noise_ratio: float | None
    interval: tuple[float, float] | None
    same: int
    same_in_floor: int


def measure_distance(one: Sequence[TokenLogprobs], other: Sequence[TokenLogprobs]) -> Distance | None:
    """Return the distance between two runs; None if a reply has no logprobs.

    All turns are compared as one text, up to the first token that differs: after that the two runs answer different
    prompts.

    Args:
        one: the reply tokens of each turn in the first run.
        other: the same for the second run.
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
