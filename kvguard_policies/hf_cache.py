"""The only file that touches transformers' cache internals.

A ``CompactCache`` is what compression leaves of one context: exactly the kept rows, nothing padded. A ``RaggedCache``
is the working buffer of a batch: rows, layers and heads may hold different counts. It hands each layer's row counts
to the attention kernel on the key tensor itself, so that no global state and no model attribute is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import cache_utils
from transformers.cache_utils import Cache, CacheLayerMixin

from kvguard_policies.recording import Recorder
from kvguard_policies.records import PolicyError
from kvguard_policies.stores import QuantizationLoss, Store

__all__ = ["CompactCache", "CompactLayer", "KernelStep", "PackedLayer", "RaggedCache", "kernel_step", "quantized_layer"]

GROWTH_ROWS = 64


@dataclass(frozen=True)
class CompactLayer:
    """The kept rows of one layer.

    Attributes:
        keys, values: (N, D), head after head; N = sum of ``counts``.
        counts: rows kept by each KV head.
        positions: per head, (n_h,) int64 ascending true positions.
    """

    keys: Tensor
    values: Tensor
    counts: tuple[int, ...]
    positions: tuple[Tensor, ...]

    @property
    def cache_bytes(self) -> int:
        """Bytes of keys and values held."""
        return self.keys.nbytes + self.values.nbytes


@dataclass(frozen=True)
class PackedLayer(CompactLayer):
    """The kept rows of one layer as a quantizer stores them, with a working copy of what attention reads.

    Attributes:
        keys, values: (N, D) unpacked; not counted.
        stores: one for all heads, or one per head where they hold different counts.
    """

    stores: tuple[Store, ...]

    @property
    def cache_bytes(self) -> int:
        """Bytes that the stores hold: codes, scales, exact rows."""
        return sum(store.nbytes for store in self.stores)


@dataclass(frozen=True)
class CompactCache:
    """The kept rows of a whole context.

    Attributes:
        layers: one per model layer.
        seen_tokens: T, the true length of the context; the next token's position.
        sliding: window in tokens of each sliding layer, which holds its newest rows and is never compressed.
        loss: how far quantized rows are off; None where none are.
    """

    layers: tuple[CompactLayer, ...]
    seen_tokens: int
    sliding: dict[int, int]
    loss: QuantizationLoss | None = None

    @property
    def cache_bytes(self) -> int:
        """Bytes of keys and values held, all layers."""
        return sum(layer.cache_bytes for layer in self.layers)

    @property
    def entries(self) -> int:
        """KV entries held by the compressible layers, all heads."""
        return sum(sum(layer.counts) for i, layer in enumerate(self.layers) if i not in self.sliding)

    @property
    def compressible_layers(self) -> tuple[int, ...]:
        """Indices of the layers that do not slide."""
        return tuple(i for i in range(len(self.layers)) if i not in self.sliding)


@dataclass
class KernelStep:
    """What one layer's cache tells the attention kernel about the call at hand.

    Attributes:
        layer: index in the model.
        kernel: the attention function to run underneath, e.g. ``sdpa``.
        before: (B, H) int64, rows each head held before this call's tokens; None for a prefill.
        recorders: one per row of the batch, None where nothing is recorded.
        answered: set by the kernel; a step that stays unanswered means that another kernel ran.
    """

    layer: int
    kernel: str
    before: Tensor | None
    recorders: Sequence[Recorder | None]
    positions: Sequence[int]
    answered: bool = False


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


class RaggedLayer(CacheLayerMixin):
    """One layer of a ``RaggedCache``: (B, H, capacity, D) buffers of which each head uses its first ``lengths``."""

    is_sliding = False
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
            for h, (key, value) in enumerate(
                zip(row.keys.split(row.counts), row.values.split(row.counts), strict=True)
            ):
                self.keys[b, h, : len(key)] = key
                self.values[b, h, : len(value)] = value
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
        before = self.lengths if self.is_initialized else None
        if before is None:
            self.lazy_initialization(key_states, value_states)
        else:
            self._append(key_states, value_states)
        self.seen += key_states.shape[2]
        return self._view(before, key_states.shape[2])

    def _view(self, before: Tensor | None, tokens: int) -> tuple[Tensor, Tensor]:
        rows = self.keys.shape[2] if before is None else self._longest_before + tokens
        keys, values = self.keys[:, :, :rows], self.values[:, :, :rows]
        step = KernelStep(self.index, self.owner.kernel, before, self.owner.recorders, self.owner.positions)
        keys._ragged_step = self.owner.step = step  # type: ignore[attr-defined]
        return keys, values

    def _append(self, key_states: Tensor, value_states: Tensor) -> None:
        tokens = key_states.shape[2]
        self._longest_before = self.longest
        if self.longest + tokens > self.keys.shape[2]:
            self._grow(max(tokens, GROWTH_ROWS))
        slots = self.lengths[:, :, None] + torch.arange(tokens, device=self.lengths.device)
        slots = slots[..., None]
        self.keys.scatter_(2, slots.expand_as(key_states), key_states)
        self.values.scatter_(2, slots.expand_as(value_states), value_states)
        fed = self.owner.fed
        for row, stores in self.stores.items():
            new = tokens if fed is None else int(fed[row])
            self._append_stored(row, stores, key_states[row, :, :new], value_states[row, :, :new])
        self._set_lengths(self.lengths + (tokens if fed is None else fed[:, None]))

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
            self.lengths[row, head] = len(rows)
        self.longest = int(self.lengths.max())

    def take(self, batch_rows: Tensor) -> None:
        """Keep only the given rows of the batch, (n,) int64."""
        self.keys, self.values = self.keys[batch_rows], self.values[batch_rows]
        self.stores = {new: self.stores[old] for new, old in enumerate(batch_rows.tolist()) if old in self.stores}
        self._set_lengths(self.lengths[batch_rows])

    def reset(self) -> None:
        """Drop every row."""
        self.keys = self.values = torch.empty(0)
        self.is_initialized = False
        self.seen, self.longest = 0, 0
        self.stores = {}
        self.owner.step = None

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


class RaggedCache(Cache):
    """A transformers cache whose rows, layers and heads may hold different numbers of entries.

    Attributes:
        kernel: attention function that the ragged kernel runs underneath.
        recorders: one per row, None where nothing is recorded.
        positions: true position of each row's newest token, for recorders.
        fed: (B,) int64, how many tokens of the next right-padded call count per row; None when all do.
        step: what the last layer that was called told the kernel.
    """

    def __init__(self, layers: int, kernel: str = "sdpa", recorders: Sequence[Recorder | None] = ()) -> None:
        super().__init__(layers=[RaggedLayer(self, i) for i in range(layers)])
        self.kernel = kernel
        self.recorders = recorders
        self.positions: Sequence[int] = ()
        self.fed: Tensor | None = None
        self.step: KernelStep | None = None

    @classmethod
    def of(
        cls,
        contexts: Sequence[CompactCache],
        kernel: str = "sdpa",
        reserve: int = 0,
        recorders: Sequence[Recorder | None] = (),
    ) -> RaggedCache:
        """Return a batch cache of one row per compressed context, with room for ``reserve`` more tokens."""
        cache = cls(len(contexts[0].layers), kernel, recorders)
        for index, layer in enumerate(cache.layers):
            layer.fill([context.layers[index] for context in contexts], reserve)
            layer.seen = max(context.seen_tokens for context in contexts)
        return cache

    def take(self, batch_rows: Tensor) -> None:
        """Keep only the given rows of the batch, (n,) int64, each with its recorder."""
        if self.recorders:
            self.recorders = [self.recorders[row] for row in batch_rows.tolist()]
        for layer in self.layers:
            layer.take(batch_rows)
