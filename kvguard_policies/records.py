"""The values that policies read and return, and the letters that describe tensor shapes in this package.

Dimension key:

    B   rows of a batch, one sequence each      T   tokens of the context
    L   layers                                  S   cache entries of one KV head (T before eviction)
    Hq  query heads                             W   queries of an observation window
    H   KV heads                                D   head size
    G   query heads of a KV group, Hq // H (query head ``h * G + g`` reads KV head ``h``)

A cache *entry* is the key and the value of one token in one KV head of one layer. A *row* is one sequence of a batch.
A *KV group* is the query heads that share one KV head. An *instruction span* is the token intervals of an instruction.
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
    "LogitRule",
    "ModelObservation",
    "Need",
    "Observation",
    "PolicyError",
    "Priority",
    "RotaryTable",
    "Scores",
    "UnreadCacheError",
]

FRAME = 0
"""Span id of every token outside all instructions: template tokens, preamble, generated tokens."""

Interval = tuple[int, int]


class PolicyError(ValueError):
    """A policy, its options, or the way it is used is wrong; the message ends in a remedy."""


class UnreadCacheError(PolicyError):
    """A model's attention did not read the keys and values that the ragged cache returned."""


class Priority(IntEnum):
    """The class of an entry in the selection: entries of a higher class are kept first, whatever their scores."""

    FREE = 0
    WINDOW = 1
    SINK = 2
    FORCED = 3


@dataclass(frozen=True)
class Layout:
    """The instruction spans of a context.

    Attributes:
        tokens: T, the length of the context.
        groups: instruction spans, one tuple of half-open token intervals each; their ids start at 1, and the tokens
            outside of them have the id ``FRAME``.
        forced: token intervals that ``keep(...)`` must not evict.
    """

    tokens: int
    groups: tuple[tuple[Interval, ...], ...] = ()
    forced: tuple[Interval, ...] = ()

    def group_ids(self, positions: Tensor) -> Tensor:
        """Return the id of the instruction span that each position lies in.

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
        """Return a mask (bool, the shape of ``positions``) of the tokens that ``keep(...)`` protects."""
        return inside(positions, self.forced)


def inside(positions: Tensor, intervals: tuple[Interval, ...]) -> Tensor:
    """Return a mask (bool, the shape of ``positions``) of the positions inside one of the half-open intervals."""
    mask = torch.zeros_like(positions, dtype=torch.bool)
    for start, stop in intervals:
        mask |= (positions >= start) & (positions < stop)
    return mask


@dataclass(frozen=True)
class LogitRule:
    """What a layer computes between the products of its queries and keys and the weights on its values.

    A logit is ``scaling`` times the product; with a softcap c it becomes ``c * tanh(logit / c)``. The weights are the
    softmax of the logits, in whose denominator a sink counts as one more logit, of a key without a value.

    Attributes:
        scaling: factor on the products, usually ``D ** -0.5``.
        softcap: c, or None.
        sinks: (Hq,) the sink of each query head, or None.
        bias: (Hq, S) added to the logits of each key (ALiBi, but for a number per query), or None.
    """

    scaling: float
    softcap: float | None = None
    sinks: Tensor | None = None
    bias: Tensor | None = None


@dataclass(frozen=True)
class AttentionCall:
    """The queries and keys of one attention call, as an observation reads them.

    Attributes:
        queries: (H, G, Q, D) float32, rotated; the newest Q tokens, oldest first.
        keys: (H, S, D) float32, rotated; the last Q keys belong to the same tokens as the queries.
        scaling: factor on the logits, usually ``D ** -0.5``.
        positions: (Q,) int64, true positions of the queries.
        rotary: maps (N,) int64 positions to cos and sin, each (N, rotated size) float32.
        softcap: see ``LogitRule``.
        sinks: (H, G) float32, see ``LogitRule``; None without sinks.
        bias: (H, G, S) float32, see ``LogitRule``; None without a bias.
    """

    queries: Tensor
    keys: Tensor
    scaling: float
    positions: Tensor
    rotary: RotaryTable
    softcap: float | None = None
    sinks: Tensor | None = None
    bias: Tensor | None = None


class RotaryTable(ABC):
    """The rotary embedding that a layer applies to its queries and keys.

    Attributes:
        order: (D,) int64, the dimensions in the order in which the first half of those that turn pairs with the second;
            None for their own order.
    """

    order: Tensor | None = None

    @abstractmethod
    def __call__(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Return cos and sin, each (N, rotated size) float32, for (N,) int64 positions."""

    def beyond(self, positions: Tensor, longest: int) -> tuple[Tensor, Tensor]:
        """Return the same for positions past a context, whose longest position determines how rotations are scaled."""
        return self(positions)


@dataclass(frozen=True)
class Observation(ABC):
    """A statistic of the queries, recorded during the prefill because queries are not cached.

    Equal observations are recorded once, for any number of policies. With ``per_key`` the result has shape (H, G, S),
    and evicting an entry removes its column.
    """

    per_key: ClassVar[bool] = True
    reads_rotation: ClassVar[bool] = False
    """Whether ``measure`` reads the rotation of the layer."""

    @property
    def query_window(self) -> int | None:
        """The number of newest queries that ``measure`` reads; None for all of them."""
        return None

    @abstractmethod
    def measure(self, call: AttentionCall) -> Tensor:
        """Return the float32 result for a prefill."""

    def advance(self, state: Tensor, call: AttentionCall) -> Tensor:
        """Return the result after one more token, whose query is ``call.queries[:, :, -1]``.

        Args:
            state: the result so far, already (H, G, S - 1) where ``per_key``.
            call: holds the newest ``query_window`` queries (one where that is None) and all S keys.
        """
        return self.measure(call)


@dataclass(frozen=True)
class ModelObservation(Observation):
    """A statistic that needs another run of the model, because attention functions do not see its inputs."""

    def measure(self, call: AttentionCall) -> Tensor:
        """Refuse: use ``measure_model``.

        Raises:
            AssertionError: always.
        """
        raise AssertionError("a ModelObservation is measured on the model")

    @abstractmethod
    def measure_model(self, model: PreTrainedModel, token_ids: Tensor, tokens: Tensor) -> Mapping[int, Tensor]:
        """Return, by layer, the (H, G, S) float32 result for a subset of the context's tokens.

        Args:
            model: in evaluation mode; must be unchanged afterwards.
            token_ids: (1, T) int64, the context.
            tokens: (S,) int64 ascending, the subset, treated as if it were the whole context.
        """


@dataclass(frozen=True)
class Need:
    """An observation that a policy asks for, over the whole context or within the instruction span ``group``."""

    observation: Observation
    group: int | None = None


@dataclass(frozen=True)
class LayerRecord:
    """One layer's cache entries, with the observations recorded while they were computed.

    Attributes:
        layer: index among the compressible layers, 0-based.
        layers: L, how many layers are compressible.
        keys, values: (H, S, D), the model's dtype; keys are rotated.
        positions: (H, S) int64, ascending true positions.
        budget: entries to keep per KV head, 1..S, before ``allocate`` shifts them between heads.
        layout: the context's instruction spans and forced tokens.
        observed: results of the policy's needs.
        group: the id of the instruction span that this record is restricted to; None for the whole context.
        expanded: the same entries as every query head reads them, where a model caches one latent for all of its heads
            (multi-head latent attention): Hq heads, with observations (Hq, 1, S). It is what policies score; they
            allocate and select on this record. None where heads read what is cached.
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
    expanded: LayerRecord | None = None

    def result(self, observation: Observation) -> Tensor:
        """Return the result of an observation for this record's tokens; (H, G, S) float32 if it is per key.

        Raises:
            PolicyError: the prefill did not record it.
        """
        need = Need(observation, self.group)
        if need not in self.observed:
            raise PolicyError(
                f"The context was prefilled without recording {observation}. Pass `needs=policy.needs(layout)` to "
                "`prefill`."
            )
        return self.observed[need]

    @property
    def entries(self) -> int:
        """S, cache entries per KV head."""
        return self.keys.shape[1]


@dataclass(frozen=True)
class Scores:
    """The score and the priority of each entry.

    Attributes:
        values: (H, S) float32; entries with higher scores are kept.
        priority: (H, S) int8 of ``Priority``; compared before ``values``.
    """

    values: Tensor
    priority: Tensor
