"""What policies work on, and the letters every tensor of this package is described with.

Dimension key:

    B   rows of a batch                T   tokens of the context
    L   layers                         S   cached rows of one head (T before eviction)
    Hq  query heads                    W   queries of an observation window
    H   KV heads                       D   head size
    G   query heads per KV head, Hq // H (query head ``h * G + g`` reads KV head ``h``)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

if TYPE_CHECKING:
    from transformers import PreTrainedModel

__all__ = [
    "FRAME",
    "AttentionCall",
    "LayerRecord",
    "Layout",
    "ModelObservation",
    "Need",
    "Observation",
    "PolicyError",
    "Priority",
    "RotaryTable",
    "Scores",
]

FRAME = 0
"""Group of every token that belongs to no instruction: template tokens, preamble, generated tokens."""

Interval = tuple[int, int]


class PolicyError(ValueError):
    """A policy, its options, or the way it is used is wrong; the message ends in a remedy."""


class Priority(IntEnum):
    """What is selected before scores are looked at; higher goes first."""

    FREE = 0
    WINDOW = 1
    SINK = 2
    FORCED = 3


@dataclass(frozen=True)
class Layout:
    """Which tokens of the context belong together.

    Attributes:
        tokens: T, the length of the context.
        groups: one tuple of half-open token intervals per instruction; group ids start at 1, the rest is ``FRAME``.
        forced: intervals that ``keep(...)`` must not evict.
    """

    tokens: int
    groups: tuple[tuple[Interval, ...], ...] = ()
    forced: tuple[Interval, ...] = ()

    def group_ids(self, positions: Tensor) -> Tensor:
        """Return the group of each position.

        Args:
            positions: any shape, int64, 0-based token positions; those past ``tokens`` are ``FRAME``.

        Returns:
            int64, the shape of ``positions``.
        """
        ids = torch.full_like(positions, FRAME)
        for number, intervals in enumerate(self.groups, start=1):
            ids[inside(positions, intervals)] = number
        return ids

    def is_forced(self, positions: Tensor) -> Tensor:
        """Return True (bool, the shape of ``positions``) where ``keep(...)`` protects."""
        return inside(positions, self.forced)


def inside(positions: Tensor, intervals: tuple[Interval, ...]) -> Tensor:
    """Return True (bool, the shape of ``positions``) where a position lies in one of the half-open intervals."""
    mask = torch.zeros_like(positions, dtype=torch.bool)
    for start, stop in intervals:
        mask |= (positions >= start) & (positions < stop)
    return mask


@dataclass(frozen=True)
class AttentionCall:
    """One attention call as an observation sees it.

    Attributes:
        queries: (H, G, Q, D) float32, rotated; the newest Q tokens, oldest first.
        keys: (H, S, D) float32, rotated; the newest Q rows belong to the queries.
        scaling: factor on the logits, usually ``D ** -0.5``.
        positions: (Q,) int64, true positions of the queries.
        rotary: maps (N,) int64 positions to cos and sin, each (N, rotated size) float32.
    """

    queries: Tensor
    keys: Tensor
    scaling: float
    positions: Tensor
    rotary: RotaryTable


class RotaryTable(ABC):
    """The rotation a layer applies to its queries and keys."""

    @abstractmethod
    def __call__(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Return cos and sin, each (N, rotated size) float32, for (N,) int64 positions."""


@dataclass(frozen=True)
class Observation(ABC):
    """Something about the queries that a prefill must note while it runs, since queries are not cached.

    Equal observations are recorded once, whoever asks. ``query_window`` says how many of the newest queries are read
    (None: all). Results with ``per_key`` have shape (H, G, S) and lose the columns of evicted rows.
    """

    per_key: ClassVar[bool] = True

    @property
    def query_window(self) -> int | None:
        """How many of the newest queries ``measure`` reads; None for all of them."""
        return None

    @abstractmethod
    def measure(self, call: AttentionCall) -> Tensor:
        """Return the result for a prefill, float32."""

    def advance(self, state: Tensor, call: AttentionCall) -> Tensor:
        """Return the result after one more token, whose query is ``call.queries[:, :, -1]``.

        Args:
            state: the result so far, already (H, G, S - 1) where ``per_key``.
            call: holds the newest ``query_window`` queries (one where that is None) and all S keys.
        """
        return self.measure(call)


@dataclass(frozen=True)
class ModelObservation(Observation):
    """Something that is noted by running the model once more, since attention functions do not see it."""

    def measure(self, call: AttentionCall) -> Tensor:
        """Never called: an attention call does not hold what is wanted."""
        raise AssertionError("a ModelObservation is measured on the model")

    @abstractmethod
    def measure_model(self, model: PreTrainedModel, token_ids: Tensor, tokens: Tensor) -> Mapping[int, Tensor]:
        """Return, by layer, the (H, G, S) float32 result for some tokens of a context.

        Args:
            model: in evaluation mode; left as it was.
            token_ids: (1, T) int64, the context.
            tokens: (S,) int64 ascending, the tokens that are looked at as if they were all.
        """


@dataclass(frozen=True)
class Need:
    """An observation a policy asks for, over the whole context or inside one group of tokens."""

    observation: Observation
    group: int | None = None


@dataclass(frozen=True)
class LayerRecord:
    """One layer's cache and what was observed while it was filled.

    Attributes:
        layer: index among the compressible layers, 0-based.
        layers: L, how many layers are compressible.
        keys, values: (H, S, D), the model's dtype; keys are rotated.
        positions: (H, S) int64, ascending true positions.
        budget: entries to keep per head, 1..S, before ``allocate`` shifts them between heads or layers.
        layout: the context's groups and forced tokens.
        observed: results of the policy's needs.
        group: the group this record is restricted to, None for the whole context.
    """

    layer: int
    layers: int
    keys: Tensor
    values: Tensor
    positions: Tensor
    budget: int
    layout: Layout
    observed: Mapping[Need, Tensor]
    group: int | None = None

    def result(self, observation: Observation) -> Tensor:
        """Return what was observed for this record's tokens; (H, G, S) float32 where per key.

        Raises:
            PolicyError: when the prefill did not record it.
        """
        need = Need(observation, self.group)
        if need not in self.observed:
            raise PolicyError(
                f"The context was prefilled without recording {observation}. Pass `needs=policy.needs(layout)` to "
                "`prefill`."
            )
        return self.observed[need]

    @property
    def rows(self) -> int:
        """S, cached rows per head."""
        return self.keys.shape[1]


@dataclass(frozen=True)
class Scores:
    """How much each entry is worth.

    Attributes:
        values: (H, S) float32, higher = keep.
        priority: (H, S) int8 of ``Priority``; compared before ``values``.
    """

    values: Tensor
    priority: Tensor
