"""The cache that a model reads and writes, in the form that transformers expects.

A ``RaggedCache`` is the working buffer of a batch: rows, layers and heads may hold different numbers of entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import Cache, PreTrainedModel

from kvguard_policies.compact import CompactCache, CompactLayer
from kvguard_policies.hf_layers import IdleLayer, RecurrentLayer, cache_parameter, layers_without_entries
from kvguard_policies.latents import BESIDE, caches_latents, is_ragged
from kvguard_policies.own_attention import OwnAttention, own_attention
from kvguard_policies.placed_layer import PlacedLayer
from kvguard_policies.ragged_layer import HybridLayer, RaggedLayer
from kvguard_policies.recording import Recorder
from kvguard_policies.recurrent_states import NO_STATES, RecurrentStates
from kvguard_policies.step_plan import KernelStep, StepPlans, host_counts

__all__ = ["CompactCache", "CompactLayer", "RaggedCache", "cache_argument"]


def cache_argument(model: PreTrainedModel, cache: Cache) -> dict[str, Cache]:
    """Return ``{"cache": cache}`` for ``model(**…)``, or under the name before transformers 5.24."""
    beside = {BESIDE: cache} if caches_latents(model.__class__) and is_ragged(cache) else {}
    return {cache_parameter(model.__class__): cache, **beside}


class RaggedCache(Cache):
    """A transformers cache whose rows, layers and heads may hold different numbers of entries.

    Attributes:
        kernel: attention function that the ragged kernel runs.
        recorders: one per row, None where nothing is recorded.
        positions: true position of each row's newest token, for recorders.
        fed: (B,) int64 on the host, tokens per row in the next, right-padded call; None if no row is padded.
        whole: whether attention reads whole buffers, so that its shape depends on their capacity alone.
        step: the step of the last layer that was called.
        states: the recurrent states of all rows.
        idle: indices of the layers without keys and values.
        own: the model's own attention code, which reads the entries; None where a registered function does.
        attending: the other layers.
        first: the first index of those.
    """

    def __init__(
        self,
        layers: int,
        kernel: str = "sdpa",
        recorders: Sequence[Recorder | None] = (),
        states: RecurrentStates = NO_STATES,
        idle: frozenset[int] = frozenset(),
        own: OwnAttention | None = None,
    ) -> None:
        self.states, self.idle, self.own = states, idle, own
        super().__init__(layers=[self._layer(i) for i in range(layers)])
        self.attending = [layer for layer in self.layers if isinstance(layer, RaggedLayer)]
        self.first = self.attending[0].index
        self.kernel = kernel
        self.recorders = recorders
        self.positions: Sequence[int] = ()
        self.fed: Tensor | None = None
        self.whole = False
        self.step: KernelStep | None = None
        self.plans = StepPlans()

    def _layer(self, index: int) -> Any:
        if index in self.idle:
            return RecurrentLayer(self, index) if index in self.states.layers else IdleLayer()
        if self.own:
            return PlacedLayer(self, index, self.own.windows.get(index))
        return HybridLayer(self, index) if index in self.states.layers else RaggedLayer(self, index)

    @classmethod
    def empty(
        cls, model: PreTrainedModel, kernel: str = "sdpa", recorders: Sequence[Recorder | None] = ()
    ) -> RaggedCache:
        """Return a cache for a prefill of ``model``, with recurrent states where its layers need them.

        Raises:
            PolicyError: no layer of the model attends.
        """
        found = layers_without_entries(model)
        return cls(found.count, kernel, recorders, found.states, found.idle, own_attention(model))

    @classmethod
    def of(
        cls,
        contexts: Sequence[CompactCache],
        kernel: str = "sdpa",
        reserve: int = 0,
        recorders: Sequence[Recorder | None] = (),
        capacity: int | None = None,
    ) -> RaggedCache:
        """Return a batch cache of one row per compressed context, with room for ``reserve`` more tokens.

        Args:
            contexts: compressed contexts of one model.
            kernel: see the class.
            reserve: spare tokens of each layer beyond its fullest head.
            recorders: see the class.
            capacity: replaces ``reserve`` by a total, in tokens per head, and makes the cache ``whole``.
        """
        states = RecurrentStates.joined([context.states for context in contexts])
        cache = cls(len(contexts[0].layers), kernel, list(recorders), states, contexts[0].idle, contexts[0].own)
        cache.whole = capacity is not None
        for layer in cache.attending:
            rows = [context.layers[layer.index] for context in contexts]
            room = reserve if capacity is None else capacity - max(max(row.counts) for row in rows)
            layer.fill(rows, room)
            layer.start_at([context.seen_tokens for context in contexts])
        cache.share_lengths()
        return cache

    @property
    def buffers(self) -> list[tuple[Tensor, Tensor]]:
        """The keys and values (R, H, capacity, D) of each layer; H is 0 for a layer without any."""
        like = self.attending[0].keys
        none = like.new_empty(len(like), 0, like.shape[2], 0)
        return [(none, none) if i in self.idle else (layer.keys, layer.values) for i, layer in enumerate(self.layers)]

    @property
    def rows(self) -> int:
        """B, rows of the batch."""
        return int(self.attending[0].lengths.shape[0])

    def drop(self, row: int) -> None:
        """Remove a row of the batch and its recorder by moving the last row into its place."""
        if self.recorders:
            recorders = list(self.recorders)
            recorders[row] = recorders[-1]
            self.recorders = recorders[:-1]
        last = self.rows - 1
        self.states = self.states.select([last if kept == row else kept for kept in range(last)])
        for layer in self.attending:
            layer.drop(row)
        self.share_lengths()

    def forget_newest(self, row: int) -> None:
        """Forget the newest token of a row without stores, recorder or states; the next one is written over it."""
        for layer in self.attending:
            layer.forget_newest(row)
        self.share_lengths()

    def extend(self, other: RaggedCache, room: int = 0) -> None:
        """Append the rows of a cache of the same capacity, with recorders; full buffers grow to ``room`` rows."""
        self.recorders = [*self.recorders, *other.recorders]
        self.states = RecurrentStates.joined([self.states, other.states])
        for layer, more in zip(self.attending, other.attending, strict=True):
            layer.extend(more, room)
        self.share_lengths()

    def share_lengths(self) -> None:
        """Give layers with equal counts the same tensor of lengths, so that they share the plan of a call."""
        shared: dict[tuple[torch.device, bytes], Tensor] = {}
        for layer in self.attending:
            counts = host_counts(layer.lengths).tobytes()
            layer.lengths = shared.setdefault((layer.lengths.device, counts), layer.lengths)
