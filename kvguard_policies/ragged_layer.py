"""One layer of a ragged cache: buffers of which rows and heads may fill different parts.

A layer attaches its counts to the key tensor that it returns, where the attention function reads them, so that no
global state and no model attribute is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy
import torch
from torch import Tensor

from kvguard_policies.compact import CompactLayer, PackedLayer, copy_heads
from kvguard_policies.hf_layers import RecurrentLayer, UnmaskedLayer
from kvguard_policies.records import UnreadCacheError
from kvguard_policies.step_plan import Counts, KernelStep, StepPlan, host_counts, lengths_of
from kvguard_policies.stores import Store

if TYPE_CHECKING:
    from kvguard_policies.hf_cache import RaggedCache

__all__ = ["HybridLayer", "RaggedLayer"]

GROWTH_ENTRIES = 64


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

    def start_at(self, tokens: Sequence[int]) -> None:
        """Begin after contexts of so many tokens, one number per row."""
        self.seen = max(tokens)

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

    def forget_newest(self, row: int) -> None:
        """Forget the newest token of a row; the next one is written over it."""
        counts = host_counts(self.lengths).copy()
        counts[row] -= 1
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
