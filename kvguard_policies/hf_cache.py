"""The only file that touches transformers' cache internals.

A ``RaggedCache`` is the working buffer of a batch: rows, layers and heads may hold different counts. It hands each
layer's row counts to the attention kernel on the key tensor itself, so that no global state and no model attribute is
needed. A ``ShelvedCache`` puts several of them into one call, so that short rows are not padded to long ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import cache_utils
from transformers.cache_utils import Cache, CacheLayerMixin

from kvguard_policies.compact import CompactCache, CompactLayer, PackedLayer
from kvguard_policies.recording import Recorder
from kvguard_policies.records import PolicyError
from kvguard_policies.step_plan import StepPlan, StepPlans
from kvguard_policies.stores import Store

__all__ = [
    "CompactCache",
    "CompactLayer",
    "KernelStep",
    "PackedLayer",
    "RaggedCache",
    "ShelvedCache",
    "kernel_step",
    "quantized_layer",
    "sliding_cache",
    "shelved_parts",
]

GROWTH_ROWS = 64


@dataclass
class KernelStep:
    """What one layer's cache tells the attention kernel about the call at hand.

    Attributes:
        layer: index in the model.
        kernel: the attention function to run underneath, e.g. ``sdpa``.
        plan: rows each head held before this call's tokens, and what follows from them; None for a prefill.
        recorders: one per row of the batch, None where nothing is recorded.
        answered: set by the kernel; a step that stays unanswered means that another kernel ran.
    """

    layer: int
    kernel: str
    plan: StepPlan | None
    recorders: Sequence[Recorder | None]
    positions: Sequence[int]
    answered: bool = False

    @property
    def before(self) -> Tensor | None:
        """(B, H) int64, rows each head held before this call's tokens; None for a prefill."""
        return self.plan.before if self.plan else None


def kernel_step(key: Tensor) -> KernelStep | None:
    """Return what the cache attached to the keys it returned, if they are a ragged cache's."""
    return getattr(key, "_ragged_step", None)


def quantized_layer(class_name: str, **options: Any) -> Any:
    """Return a new, empty layer of transformers' quantized caches.

    Args:
        class_name: e.g. ``QuantoQuantizedLayer``.
        options: as that class names them.

    Raises:
        PolicyError: this release of transformers has none of the name.
    """
    made = getattr(cache_utils, class_name, None)
    if made is None:
        raise PolicyError(
            f"this release of transformers has no {class_name}. Upgrade it: pip install -U 'transformers>=5.23'"
        )
    return made(**options)


def sliding_cache(layers: int, window: int) -> Cache:
    """Return an empty cache of transformers whose layers all hold their newest ``window - 1`` tokens."""
    return Cache(layers=[cache_utils.DynamicSlidingWindowLayer(sliding_window=window) for _ in range(layers)])


def shelved_parts(key: Tensor) -> Sequence[tuple[Tensor, Tensor]] | None:
    """Return the keys and values of each shelf, if the keys are a shelved cache's."""
    return getattr(key, "_shelved_parts", None)


class _Layer(CacheLayerMixin):
    """What transformers asks of any layer; masks and positions are our own business."""

    is_sliding = False
    longest = 0
    seen = 0

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Do nothing; layers fill themselves."""

    def get_seq_length(self, *args: Any) -> int:
        """Return the true sequence length, which is the next token's position, not the number of kept rows."""
        return self.seen

    def get_mask_sizes(self, *args: Any) -> tuple[int, int]:
        """Return rows and offset for a mask; unused, since the ragged kernel makes its own."""
        return self.longest + 1, 0

    def get_max_length(self) -> int:
        """Return -1: no maximum."""
        return -1

    def get_max_cache_shape(self) -> int:
        """Return -1: no maximum."""
        return -1


class RaggedLayer(_Layer):
    """One layer of a ``RaggedCache``: (R, H, capacity, D) buffers with R >= B; each head uses its first ``lengths``."""

    keys: Tensor
    values: Tensor

    def __init__(self, owner: RaggedCache, index: int) -> None:
        super().__init__()
        self.owner = owner
        self.index = index
        self.seen = 0
        self.lengths = torch.empty(0, 0, dtype=torch.int64)
        self.longest = 0
        self._longest_before = 0
        self.stores: dict[int, tuple[Store, ...]] = {}

    def fill(self, rows: Sequence[CompactLayer], reserve: int) -> None:
        """Copy one compact layer per row into buffers with room for ``reserve`` more tokens."""
        first = rows[0]
        counts = torch.tensor([row.counts for row in rows], device=first.keys.device)
        shape = (len(rows), counts.shape[1], int(counts.max()) + reserve)
        self.keys, self.values = (t.new_zeros(*shape, t.shape[-1]) for t in (first.keys, first.values))
        for b, row in enumerate(rows):
            _spread(self.keys[b], row.keys, row.counts)
            _spread(self.values[b], row.values, row.counts)
            if isinstance(row, PackedLayer):
                self.stores[b] = tuple(store.copy() for store in row.stores)
        self._set_lengths(counts)
        self.is_initialized = True

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Adopt a prefill's states as they are; nothing is copied."""
        batch, heads, tokens, _ = key_states.shape
        self.keys, self.values = key_states, value_states
        self._set_lengths(torch.full((batch, heads), tokens, dtype=torch.int64, device=key_states.device))
        self.is_initialized = True

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Append tokens and return views of all rows; the keys carry a ``KernelStep``."""
        if self.owner.step is not None and not self.owner.step.answered:
            raise PolicyError(
                "The model ran another attention kernel than the ragged one, so the rows of the compressed cache were "
                "not masked. Wrap the call: `with ragged_attention(model): ...`."
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
        rows = self.keys.shape[2] if whole else self._longest_before + tokens
        used = self.lengths.shape[0]  # len() of a tensor is slow
        keys, values = self.keys[:used, :, :rows], self.values[:used, :, :rows]
        step = KernelStep(self.index, self.owner.kernel, plan, self.owner.recorders, self.owner.positions)
        keys._ragged_step = self.owner.step = step  # type: ignore[attr-defined]
        return keys, values

    def _append(self, key_states: Tensor, value_states: Tensor) -> None:
        tokens = key_states.shape[2]
        self._longest_before = self.longest
        if self.longest + tokens > self.keys.shape[2]:
            self._grow(max(tokens, GROWTH_ROWS))
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
        """Hand new rows (H, m, D) to a row's stores, and take over what is read differently from now on."""
        heads = keys.shape[0] // len(stores)
        for number, store in enumerate(stores):
            span = slice(number * heads, (number + 1) * heads)
            changed = store.append(keys[span], values[span])
            for buffer, (first, rows) in zip((self.keys, self.values), changed, strict=True):
                buffer[row, span, first : first + rows.shape[1]] = rows

    def _grow(self, rows: int) -> None:
        self.keys = torch.nn.functional.pad(self.keys, (0, 0, 0, rows))
        self.values = torch.nn.functional.pad(self.values, (0, 0, 0, rows))

    def _set_lengths(self, lengths: Tensor) -> None:
        self.lengths = lengths
        self.longest = int(lengths.max())

    def rows_of(self, row: int) -> tuple[Tensor, Tensor]:
        """Return the keys and values (H, S, D) that one row of the batch holds; its heads must hold equally many."""
        count = int(self.lengths[row, 0])
        return self.keys[row, :, :count], self.values[row, :, :count]

    def keep_rows(self, row: int, kept: Sequence[Tensor]) -> None:
        """Evict all but the kept rows (per head (n_h,) int64, ascending) of one row of the batch."""
        for head, rows in enumerate(kept):
            self.keys[row, head, : len(rows)] = self.keys[row, head, rows]
            self.values[row, head, : len(rows)] = self.values[row, head, rows]
        lengths = self.lengths.clone()  # other layers may share the tensor
        lengths[row] = torch.tensor([len(rows) for rows in kept], device=lengths.device)
        self._set_lengths(lengths)

    def drop(self, row: int) -> None:
        """Let the last row of the batch take the place of one that has ended; the room it leaves is kept."""
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
        """Take over the rows of a layer of the same capacity, behind the own ones; buffers grow to ``room`` rows."""
        first, count = len(self.lengths), len(other.lengths)
        if first + count > len(self.keys):
            room = max(room, first + count)
            self.keys, self.values = (_with_room(t, first, room) for t in (self.keys, self.values))
        for mine, new in ((self.keys, other.keys), (self.values, other.values)):
            mine[first : first + count] = new[:count]
        self.stores.update({first + row: stores for row, stores in other.stores.items()})
        self._set_lengths(torch.cat([self.lengths, other.lengths]))

    def reset(self) -> None:
        """Drop every row."""
        self.keys = self.values = torch.empty(0)
        self.is_initialized = False
        self.seen, self.longest = 0, 0
        self.stores = {}
        self.owner.step = None


def _spread(buffer: Tensor, rows: Tensor, counts: Sequence[int]) -> None:
    """Copy the rows (N, D) of one context, head after head, into its buffer (H, capacity, D)."""
    if len(set(counts)) == 1:
        buffer[:, : counts[0]] = rows.view(len(counts), -1, rows.shape[-1])
        return
    for head, part in zip(buffer, rows.split(list(counts)), strict=True):
        head[: len(part)] = part


def _with_room(buffer: Tensor, used: int, needed: int) -> Tensor:
    """Return a buffer of ``needed`` rows with the first ``used`` ones of this one."""
    larger = buffer.new_zeros(needed, *buffer.shape[1:])
    larger[:used] = buffer[:used]
    return larger


class RaggedCache(Cache):
    """A transformers cache whose rows, layers and heads may hold different numbers of entries.

    Attributes:
        kernel: attention function that the ragged kernel runs underneath.
        recorders: one per row, None where nothing is recorded.
        positions: true position of each row's newest token, for recorders.
        fed: (B,) int64, how many tokens of the next right-padded call count per row; None when all do.
        whole: attention is given whole buffers, so that its shape depends on their capacity and not on what they hold.
        step: what the last layer that was called told the kernel.
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
            contexts: of one model.
            kernel: see above.
            reserve: how many more tokens than its fullest head each layer has room for.
            recorders: see above.
            capacity: room of every head of every layer instead, in tokens; it makes the cache ``whole``.
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
        """Let the last row of the batch, with its recorder, take the place of one that has ended."""
        if self.recorders:
            recorders = list(self.recorders)
            recorders[row] = recorders[-1]
            self.recorders = recorders[:-1]
        for layer in self.layers:
            layer.drop(row)
        self.share_lengths()

    def extend(self, other: RaggedCache, room: int = 0) -> None:
        """Take over the rows of a cache of the same capacity, with their recorders, behind the own ones.

        Buffers that are too small grow to ``room`` rows, so that they grow once where more will join.
        """
        self.recorders = [*self.recorders, *other.recorders]
        for layer, more in zip(self.layers, other.layers, strict=True):
            layer.extend(more, room)
        self.share_lengths()

    def share_lengths(self) -> None:
        """Let layers that hold equally many rows hold one tensor of lengths, so that they share the plan of a call."""
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
        """Append to every shelf; return the tokens as they came, the keys with each shelf's own rows attached."""
        parts, first = [], 0
        for shelf in self.owner.shelves:
            last = first + shelf.rows
            parts.append(shelf.layers[self.index].update(key_states[first:last], value_states[first:last]))
            first = last
        keys = key_states.view_as(key_states)
        keys._shelved_parts = parts  # type: ignore[attr-defined]
        return keys, value_states


class ShelvedCache(Cache):
    """Ragged caches of different capacities, side by side in one call.

    The rows of a call are those of the shelves, one shelf after the other; rows beyond them fill up the batch and are
    not cached.
    """

    def __init__(self, shelves: Sequence[RaggedCache]) -> None:
        super().__init__(layers=[ShelvedLayer(self, i) for i in range(len(shelves[0].layers))])
        self.shelves = shelves
