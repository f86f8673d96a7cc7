"""The only file that touches transformers' cache internals.

A ``RaggedCache`` is the working buffer of a batch: rows, layers and heads may hold different numbers of entries. It
attaches each layer's counts to the key tensor that it returns, where the attention function reads them, so that no
global state and no model attribute is needed. A ``ShelvedCache`` joins several of them in one call, so that short rows
are not padded to the length of long ones.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import GenerationMixin, PreTrainedModel, cache_utils
from transformers.cache_utils import Cache, CacheLayerMixin

from kvguard_policies.compact import CompactCache, CompactLayer, PackedLayer, copy_heads
from kvguard_policies.recording import Recorder
from kvguard_policies.records import PolicyError
from kvguard_policies.step_plan import StepPlan, StepPlans
from kvguard_policies.stores import Store

__all__ = [
    "CompactCache",
    "CompactLayer",
    "KernelStep",
    "RaggedCache",
    "ShelvedCache",
    "cache_argument",
    "kernel_step",
    "quantized_layer",
    "sliding_cache",
    "shelved_parts",
]

GROWTH_ENTRIES = 64


@dataclass
class KernelStep:
    """What the attention function must know of one layer's cache in the current call.

    Attributes:
        layer: index in the model.
        kernel: the attention function that the ragged kernel runs, e.g. ``sdpa``.
        plan: the counts before this call's tokens, with masks and write positions; None for a prefill.
        recorders: one per row of the batch, None where nothing is recorded.
        positions: true position of each row's newest token, for recorders.
        answered: set by the ragged kernel; a step that stays unanswered means that another kernel ran.
    """

    layer: int
    kernel: str
    plan: StepPlan | None
    recorders: Sequence[Recorder | None]
    positions: Sequence[int]
    answered: bool = False

    @property
    def before(self) -> Tensor | None:
        """(B, H) int64, entries that each head held before this call's tokens; None for a prefill."""
        return self.plan.before if self.plan else None


def cache_argument(model: PreTrainedModel, cache: Cache) -> dict[str, Cache]:
    """Return ``{"cache": cache}`` for ``model(**…)``, or ``past_key_values``, the name before transformers 5.24."""
    return {_cache_parameter(model.__class__): cache}


@functools.cache
def _cache_parameter(model_class: Any) -> str:
    """Return the name in the signature of a model; a wrapper that takes any argument gets the name of the release."""
    functions = (model_class.forward, GenerationMixin.prepare_inputs_for_generation)
    names = [name for function in functions for name in inspect.signature(function).parameters]
    return next(name for name in names if name in ("past_key_values", "cache"))


def kernel_step(key: Tensor) -> KernelStep | None:
    """Return the step that a ragged cache attached to its keys; None for keys of another cache."""
    return getattr(key, "_ragged_step", None)


def quantized_layer(class_name: str, **options: Any) -> Any:
    """Return a new, empty layer of transformers' quantized caches.

    Args:
        class_name: e.g. ``QuantoQuantizedLayer``.
        options: keyword arguments of that class.

    Raises:
        PolicyError: this release of transformers has no such class.
    """
    layer_class = getattr(cache_utils, class_name, None)
    if layer_class is None:
        raise PolicyError(
            f"this release of transformers has no {class_name}. Upgrade it: pip install -U 'transformers>=5.23'"
        )
    return layer_class(**options)


def sliding_cache(layers: int, window: int) -> Cache:
    """Return an empty cache of transformers in which every layer holds the newest ``window - 1`` tokens."""
    return Cache(layers=[cache_utils.DynamicSlidingWindowLayer(sliding_window=window) for _ in range(layers)])


def shelved_parts(key: Tensor) -> Sequence[tuple[Tensor, Tensor]] | None:
    """Return the keys and values of each shelf of a shelved cache; None for keys of another cache."""
    return getattr(key, "_shelved_parts", None)


class _Layer(CacheLayerMixin):
    """The interface that transformers requires of a cache layer; masks and positions are handled in this package."""

    is_sliding = False
    longest = 0
    seen = 0

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Do nothing; subclasses allocate their own buffers."""

    def get_seq_length(self, *args: Any) -> int:
        """Return the true sequence length, which is the next token's position, not the number of kept entries."""
        return self.seen

    def get_mask_sizes(self, *args: Any) -> tuple[int, int]:
        """Return the length and offset of a mask; unused, since the ragged kernel builds its own."""
        return self.longest + 1, 0

    def get_max_length(self) -> int:
        """Return -1, which means no maximum."""
        return -1

    get_max_cache_shape = get_max_length  # its name in transformers 5.2


class RaggedLayer(_Layer):
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
        first = rows[0]
        counts = torch.tensor([row.counts for row in rows], device=first.keys.device)
        shape = (len(rows), counts.shape[1], int(counts.max()) + reserve)
        self.keys, self.values = (t.new_zeros(*shape, t.shape[-1]) for t in (first.keys, first.values))
        for b, row in enumerate(rows):
            copy_heads(self.keys[b], row.keys, row.counts)
            copy_heads(self.values[b], row.values, row.counts)
            if isinstance(row, PackedLayer):
                self.stores[b] = tuple(store.copy() for store in row.stores)
        self._set_lengths(counts)
        self.is_initialized = True

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Use the keys and values of a prefill as buffers, without a copy."""
        batch, heads, tokens, _ = key_states.shape
        self.keys, self.values = key_states, value_states
        self._set_lengths(torch.full((batch, heads), tokens, dtype=torch.int64, device=key_states.device))
        self.is_initialized = True

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Append tokens and return views of all keys and values; the keys carry a ``KernelStep``."""
        if self.owner.step is not None and not self.owner.step.answered:
            raise PolicyError(
                "The model ran another attention kernel than the ragged one, so the entries of the compressed cache "
                "were not masked. Wrap the call: `with ragged_attention(model): ...`."
            )
        if self.index == 0:
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
        rows = self.lengths.shape[0]  # len() of a tensor is slow
        keys, values = self.keys[:rows, :, :entries], self.values[:rows, :, :entries]
        step = KernelStep(self.index, self.owner.kernel, plan, self.owner.recorders, self.owner.positions)
        keys._ragged_step = self.owner.step = step  # type: ignore[attr-defined]
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
        self.keys = torch.nn.functional.pad(self.keys, (0, 0, 0, entries))
        self.values = torch.nn.functional.pad(self.values, (0, 0, 0, entries))

    def _set_lengths(self, lengths: Tensor) -> None:
        self.lengths = lengths
        self.longest = int(lengths.max())

    def entries_of(self, row: int) -> tuple[Tensor, Tensor]:
        """Return the keys and values (H, S, D) of one row of the batch, whose heads must hold the same count."""
        count = int(self.lengths[row, 0])
        return self.keys[row, :, :count], self.values[row, :, :count]

    def keep_entries(self, row: int, kept: Sequence[Tensor]) -> None:
        """Evict all entries of one row of the batch but the kept ones, (n_h,) int64 ascending indices per head."""
        for head, indices in enumerate(kept):
            self.keys[row, head, : len(indices)] = self.keys[row, head, indices]
            self.values[row, head, : len(indices)] = self.values[row, head, indices]
        lengths = self.lengths.clone()  # other layers may share the tensor
        lengths[row] = torch.tensor([len(indices) for indices in kept], device=lengths.device)
        self._set_lengths(lengths)

    def drop(self, row: int) -> None:
        """Remove a row of the batch by moving the last row into its place; the buffers keep their size."""
        last = len(self.lengths) - 1
        if row != last:
            used = self.longest
            for buffer in (self.keys, self.values):
                buffer[row, :, :used] = buffer[last, :, :used]
            self.lengths = self.lengths.clone()
            self.lengths[row] = self.lengths[last]
        self.stores.pop(row, None)
        if last in self.stores:
            self.stores[row] = self.stores.pop(last)
        self.lengths = self.lengths[:last]

    def extend(self, other: RaggedLayer, room: int) -> None:
        """Append the rows of a layer of the same capacity; buffers that are too small grow to ``room`` rows."""
        first, count = len(self.lengths), len(other.lengths)
        if first + count > len(self.keys):
            room = max(room, first + count)
            self.keys, self.values = (_enlarged(t, first, room) for t in (self.keys, self.values))
        for mine, new in ((self.keys, other.keys), (self.values, other.values)):
            mine[first : first + count] = new[:count]
        self.stores.update({first + row: stores for row, stores in other.stores.items()})
        self._set_lengths(torch.cat([self.lengths, other.lengths]))

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


class RaggedCache(Cache):
    """A transformers cache whose rows, layers and heads may hold different numbers of entries.

    Attributes:
        kernel: attention function that the ragged kernel runs.
        recorders: one per row, None where nothing is recorded.
        positions: true position of each row's newest token, for recorders.
        fed: (B,) int64, the number of tokens per row in the next, right-padded call; None if no row is padded.
        whole: whether attention reads whole buffers, so that its shape depends on their capacity alone.
        step: the step of the last layer that was called.
    """

    def __init__(self, layers: int, kernel: str = "sdpa", recorders: Sequence[Recorder | None] = ()) -> None:
        super().__init__(layers=[RaggedLayer(self, i) for i in range(layers)])
        self.kernel = kernel
        self.recorders = recorders
        self.positions: Sequence[int] = ()
        self.fed: Tensor | None = None
        self.whole = False
        self.step: KernelStep | None = None
        self.plans = StepPlans()

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
        cache = cls(len(contexts[0].layers), kernel, list(recorders))
        cache.whole = capacity is not None
        for index, layer in enumerate(cache.layers):
            rows = [context.layers[index] for context in contexts]
            room = reserve if capacity is None else capacity - max(max(row.counts) for row in rows)
            layer.fill(rows, room)
            layer.seen = max(context.seen_tokens for context in contexts)
        cache.share_lengths()
        return cache

    @property
    def rows(self) -> int:
        """B, rows of the batch."""
        return int(self.layers[0].lengths.shape[0])

    def drop(self, row: int) -> None:
        """Remove a row of the batch and its recorder by moving the last row into its place."""
        if self.recorders:
            recorders = list(self.recorders)
            recorders[row] = recorders[-1]
            self.recorders = recorders[:-1]
        for layer in self.layers:
            layer.drop(row)
        self.share_lengths()

    def extend(self, other: RaggedCache, room: int = 0) -> None:
        """Append the rows of a cache of the same capacity, with recorders; full buffers grow to ``room`` rows."""
        self.recorders = [*self.recorders, *other.recorders]
        for layer, more in zip(self.layers, other.layers, strict=True):
            layer.extend(more, room)
        self.share_lengths()

    def share_lengths(self) -> None:
        """Give layers with equal counts the same tensor of lengths, so that they share the plan of a call."""
        shared: dict[tuple[torch.device, bytes], Tensor] = {}
        for layer in self.layers:
            counts = layer.lengths.cpu().numpy().tobytes()
            layer.lengths = shared.setdefault((layer.lengths.device, counts), layer.lengths)


class ShelvedLayer(_Layer):
    """One layer of a ``ShelvedCache``."""

    def __init__(self, owner: ShelvedCache, index: int) -> None:
        super().__init__()
        self.owner = owner
        self.index = index
        self.is_initialized = True

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Append to every shelf; return the new keys and values, with those of each shelf attached to the keys."""
        parts, first = [], 0
        for shelf in self.owner.shelves:
            last = first + shelf.rows
            parts.append(shelf.layers[self.index].update(key_states[first:last], value_states[first:last]))
            first = last
        keys = key_states.view_as(key_states)
        keys._shelved_parts = parts  # type: ignore[attr-defined]
        return keys, value_states


class ShelvedCache(Cache):
    """Ragged caches of different capacities in one call.

    The rows of a call are those of the shelves, one shelf after the other; rows after them only fill up the batch and
    are not cached.
    """

    def __init__(self, shelves: Sequence[RaggedCache]) -> None:
        super().__init__(layers=[ShelvedLayer(self, i) for i in range(len(shelves[0].layers))])
        self.shelves = shelves
