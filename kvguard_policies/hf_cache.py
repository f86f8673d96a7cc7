"""The cache that a model reads and writes, in the form that transformers expects.

A ``RaggedCache`` is the working buffer of a batch: rows, layers and heads may hold different numbers of entries. It
attaches each layer's counts to the key tensor that it returns, where the attention function reads them, so that no
global state and no model attribute is needed.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy
import torch
from torch import Tensor
from transformers import Cache, GenerationMixin, PreTrainedModel

from kvguard_policies.compact import CompactCache, CompactLayer, PackedLayer, copy_heads
from kvguard_policies.hf_layers import IdleLayer, RecurrentLayer, UnmaskedLayer, layers_without_entries
from kvguard_policies.latents import BESIDE, caches_latents, is_ragged
from kvguard_policies.recording import Recorder
from kvguard_policies.records import UnreadCacheError
from kvguard_policies.recurrent_states import NO_STATES, RecurrentStates
from kvguard_policies.step_plan import Counts, StepPlan, StepPlans, host_counts, lengths_of
from kvguard_policies.stores import Store

__all__ = [
    "CompactCache",
    "CompactLayer",
    "KernelStep",
    "RaggedCache",
    "cache_argument",
    "kernel_step",
]

GROWTH_ENTRIES = 64


@dataclass
class KernelStep:
    """What the attention function must know of one layer's cache in the current call.

    Attributes:
        layer: index in the model.
        kernel: the attention function that the ragged kernel runs, e.g. ``sdpa``.
        plan: the counts before this call's tokens, with masks and write positions; None for a prefill.
        recorders: one per row, None where nothing is recorded.
        positions: true position of each row's newest token, for recorders.
        values: the values that were returned with the keys.
        tokens: the number of new tokens per row.
        expand: how the layer makes keys and values of latents; None if it caches them as they are.
        answered: set by the ragged kernel; a step that stays unanswered means that another kernel ran.
    """

    layer: int
    kernel: str
    plan: StepPlan | None
    recorders: Sequence[Recorder | None]
    positions: Sequence[int]
    values: Tensor | None = None
    tokens: int = 0
    expand: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] | None = None
    answered: bool = False


def cache_argument(model: PreTrainedModel, cache: Cache) -> dict[str, Cache]:
    """Return ``{"cache": cache}`` for ``model(**…)``, or ``past_key_values``, the name before transformers 5.24."""
    beside = {BESIDE: cache} if caches_latents(model.__class__) and is_ragged(cache) else {}
    return {_cache_parameter(model.__class__): cache, **beside}


@functools.cache
def _cache_parameter(model_class: Any) -> str:
    """Return the name in the signature of a model; a wrapper that takes any argument gets the name of the release."""
    functions = (model_class.forward, GenerationMixin.prepare_inputs_for_generation)
    names = [name for function in functions for name in inspect.signature(function).parameters]
    return next(name for name in names if name in ("past_key_values", "cache"))


def kernel_step(key: Tensor) -> KernelStep | None:
    """Return the step that a ragged cache attached to its keys; None for keys of another cache."""
    return getattr(key, "_ragged_step", None)


class RaggedLayer(UnmaskedLayer):
    """One layer of a ``RaggedCache``: buffers (R, H, capacity, D), R >= B, with ``lengths`` (B, H) entries in use."""

    keys: Tensor
    values: Tensor

    def __init__(self, owner: RaggedCache, index: int) -> None:
        super().__init__()
        self.owner, self.index = owner, index
        self.seen = 0
        self.lengths = torch.empty(0, 0, dtype=torch.int64)
        self.longest = 0
        self._longest_before = 0
        self.stores: dict[int, tuple[Store, ...]] = {}

    def fill(self, rows: Sequence[CompactLayer], reserve: int) -> None:
        """Copy one compact layer per row of the batch into buffers with room for ``reserve`` more tokens."""
        first, counts = rows[0], numpy.array([row.counts for row in rows], dtype=numpy.int64)
        capacity = int(counts.max()) + reserve
        self.keys, self.values = (t.new_zeros(*counts.shape, capacity, t.shape[-1]) for t in (first.keys, first.values))
        for b, row in enumerate(rows):
            for buffer, vectors in ((self.keys, row.keys), (self.values, row.values)):
                copy_heads(buffer[b], vectors, row.counts)
            if isinstance(row, PackedLayer):
                self.stores[b] = tuple(store.copy() for store in row.stores)
        self._set_lengths(lengths_of(counts, first.keys.device))
        self.is_initialized = True

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Use the keys and values of a prefill as buffers, without a copy."""
        batch, heads, tokens, _ = key_states.shape
        self.keys, self.values = key_states, value_states
        self._set_lengths(lengths_of(numpy.full((batch, heads), tokens, dtype=numpy.int64), key_states.device))
        self.is_initialized = True

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Append tokens and return views of all keys and values; the keys carry a ``KernelStep``."""
        if self.owner.step is not None and not self.owner.step.answered:
            raise UnreadCacheError(
                "The model ran another attention kernel than the ragged one, so the entries of the compressed cache "
                "were not masked. Wrap the call: `with ragged_attention(model): ...`."
            )
        if self.index == self.owner.first:
            self.owner.plans.clear()
        plan = self.owner.plans.of(self.lengths) if self.is_initialized else None
        if plan is None:
            self.lazy_initialization(key_states, value_states)
        else:
            self._append(key_states, value_states)
        self.seen += key_states.shape[2]
        return self._view(plan, key_states.shape[2])

    def _view(self, plan: StepPlan | None, tokens: int) -> tuple[Tensor, Tensor]:
        whole = plan is None or self.owner.whole
        entries = self.keys.shape[2] if whole else self._longest_before + tokens
        keys, values = (buffer[: self.lengths.shape[0], :, :entries] for buffer in (self.keys, self.values))
        owner = self.owner
        owner.step = KernelStep(self.index, owner.kernel, plan, owner.recorders, owner.positions, values, tokens)
        keys._ragged_step = owner.step  # type: ignore[attr-defined]
        return keys, values

    def _append(self, key_states: Tensor, value_states: Tensor) -> None:
        tokens = key_states.shape[2]
        self._longest_before = self.longest
        if self.longest + tokens > self.keys.shape[2]:
            self._grow(max(tokens, GROWTH_ENTRIES))
        plan = self.owner.plans.of(self.lengths)
        slots = plan.slots(tokens, self.keys.shape[2])
        for buffer, states in ((self.keys, key_states), (self.values, value_states)):
            buffer.flatten(0, 2).index_copy_(0, slots, states.flatten(0, 2))
        fed = self.owner.fed
        for row, stores in self.stores.items():
            new = tokens if fed is None else int(fed[row])
            self._append_stored(row, stores, key_states[row, :, :new], value_states[row, :, :new])
        self.lengths, self.longest = plan.after(tokens, fed)

    def _append_stored(self, row: int, stores: Sequence[Store], keys: Tensor, values: Tensor) -> None:
        """Append new keys and values (H, m, D) to a row's stores, and copy the changed vectors into the buffers."""
        count = keys.shape[0] // len(stores)
        for number, store in enumerate(stores):
            heads = slice(number * count, (number + 1) * count)
            changed = store.append(keys[heads], values[heads])
            for buffer, (first, vectors) in zip((self.keys, self.values), changed, strict=True):
                buffer[row, heads, first : first + vectors.shape[1]] = vectors

    def _grow(self, entries: int) -> None:
        self.keys, self.values = (torch.nn.functional.pad(t, (0, 0, 0, entries)) for t in (self.keys, self.values))

    def _set_lengths(self, lengths: Tensor) -> None:
        self.lengths = lengths
        self.longest = int(host_counts(lengths).max(initial=0))

    def _set_counts(self, counts: Counts) -> None:
        self._set_lengths(lengths_of(counts, self.lengths.device))

    def entries_of(self, row: int) -> tuple[Tensor, Tensor]:
        """Return the keys and values (H, S, D) of one row of the batch, whose heads must hold the same count."""
        count = int(host_counts(self.lengths)[row, 0])
        return self.keys[row, :, :count], self.values[row, :, :count]

    def keep_entries(self, row: int, kept: Sequence[Tensor]) -> None:
        """Evict all entries of one row of the batch but the kept ones, (n_h,) int64 ascending indices per head."""
        for head, indices in enumerate(kept):
            for buffer in (self.keys, self.values):
                buffer[row, head, : len(indices)] = buffer[row, head, indices]
        counts = host_counts(self.lengths).copy()  # other layers may share it
        counts[row] = [len(indices) for indices in kept]
        self._set_counts(counts)

    def drop(self, row: int) -> None:
        """Remove a row of the batch by moving the last row into its place; the buffers keep their size."""
        last, counts = len(self.lengths) - 1, host_counts(self.lengths).copy()
        if row != last:
            for buffer in (self.keys, self.values):
                buffer[row, :, : self.longest] = buffer[last, :, : self.longest]
            counts[row] = counts[last]
        self.stores.pop(row, None)
        if last in self.stores:
            self.stores[row] = self.stores.pop(last)
        self.lengths = lengths_of(counts[:last], self.lengths.device)

    def extend(self, other: RaggedLayer, room: int) -> None:
        """Append the rows of a layer of the same capacity; buffers that are too small grow to ``room`` rows."""
        first, count = len(self.lengths), len(other.lengths)
        if first + count > len(self.keys):
            room = max(room, first + count)
            self.keys, self.values = (_enlarged(t, first, room) for t in (self.keys, self.values))
        for mine, new in ((self.keys, other.keys), (self.values, other.values)):
            mine[first : first + count] = new[:count]
        self.stores.update({first + row: stores for row, stores in other.stores.items()})
        self._set_counts(numpy.concatenate([host_counts(self.lengths), host_counts(other.lengths)]))

    def reset(self) -> None:
        """Remove all rows."""
        self.keys = self.values = torch.empty(0)
        self.is_initialized = False
        self.seen, self.longest = 0, 0
        self.stores = {}
        self.owner.step = None


def _enlarged(buffer: Tensor, used: int, room: int) -> Tensor:
    """Return a buffer of ``room`` rows that starts with the first ``used`` rows of this one."""
    larger = buffer.new_zeros(room, *buffer.shape[1:])
    larger[:used] = buffer[:used]
    return larger


class HybridLayer(RaggedLayer, RecurrentLayer):
    """A layer that holds recurrent states beside its entries."""

    def reset(self) -> None:
        """Remove all rows, and forget their states."""
        RaggedLayer.reset(self)
        RecurrentLayer.reset(self)


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
    ) -> None:
        self.states, self.idle = states, idle
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
        return cls(found.count, kernel, recorders, found.states, found.idle)

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
        cache = cls(len(contexts[0].layers), kernel, list(recorders), states, contexts[0].idle)
        cache.whole = capacity is not None
        for layer in cache.attending:
            rows = [context.layers[layer.index] for context in contexts]
            room = reserve if capacity is None else capacity - max(max(row.counts) for row in rows)
            layer.fill(rows, room)
            layer.seen = max(context.seen_tokens for context in contexts)
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
            counts = host_counts(layer.lengths).copy()
            counts[row] -= 1
            layer._set_counts(counts)
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
