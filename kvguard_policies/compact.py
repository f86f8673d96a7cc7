"""The compressed cache of one context: exactly the kept entries, without padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

from kvguard_policies.recurrent_states import NO_STATES, RecurrentStates
from kvguard_policies.stores import QuantizationLoss, Store

if TYPE_CHECKING:
    from kvguard_policies.own_attention import OwnAttention

__all__ = ["CompactCache", "CompactLayer", "PackedLayer", "copy_heads"]


@dataclass(frozen=True)
class CompactLayer:
    """The kept entries of one layer.

    Attributes:
        keys, values: (N, D), head after head; N = sum of ``counts``.
        counts: entries kept by each KV head; empty for a layer without keys and values, such as a recurrent one.
        positions: per head, (n_h,) int64 ascending true positions.
    """

    keys: Tensor
    values: Tensor
    counts: tuple[int, ...]
    positions: tuple[Tensor, ...]

    @property
    def cache_bytes(self) -> int:
        """Bytes of the keys and values."""
        return self.keys.nbytes + self.values.nbytes


@dataclass(frozen=True)
class PackedLayer(CompactLayer):
    """The kept entries of one layer as a quantizer stores them, with an unpacked copy for attention.

    Attributes:
        keys, values: (N, D) unpacked; they do not count as bytes of the cache.
        stores: one for all heads, or one per head if the heads hold different counts.
    """

    stores: tuple[Store, ...]

    @property
    def cache_bytes(self) -> int:
        """Bytes that the stores hold: codes, scales, exact entries."""
        return sum(store.nbytes for store in self.stores)


@dataclass(frozen=True)
class CompactCache:
    """The kept entries of a context, all layers.

    Attributes:
        layers: one per model layer.
        seen_tokens: T, the true length of the context; the next token's position.
        sliding: window in tokens of each sliding layer, which holds its newest entries and is never compressed.
        loss: the quantization error; None if nothing is quantized.
        states: those of recurrent layers, one row; they are never compressed, and not among the bytes of the cache.
        own: the model's own attention code, which reads the entries; None where a registered function does.
    """

    layers: tuple[CompactLayer, ...]
    seen_tokens: int
    sliding: dict[int, int]
    loss: QuantizationLoss | None = None
    states: RecurrentStates = NO_STATES
    own: OwnAttention | None = None

    @property
    def idle(self) -> frozenset[int]:
        """Indices of the layers without keys and values."""
        return frozenset(index for index, layer in enumerate(self.layers) if not layer.counts)

    @property
    def cache_bytes(self) -> int:
        """Bytes of the keys and values, all layers."""
        return sum(layer.cache_bytes for layer in self.layers)

    @property
    def entries(self) -> int:
        """Entries held by the compressible layers, all heads."""
        return sum(sum(layer.counts) for i, layer in enumerate(self.layers) if i not in self.sliding)

    @property
    def compressible_layers(self) -> tuple[int, ...]:
        """Indices of the layers with keys and values that do not slide."""
        return tuple(i for i, layer in enumerate(self.layers) if layer.counts and i not in self.sliding)


def copy_heads(buffer: Tensor, vectors: Tensor, counts: Sequence[int]) -> None:
    """Copy the keys or values (N, D) of one context, head after head, into a buffer (H, capacity, D)."""
    if len(set(counts)) == 1:
        buffer[:, : counts[0]] = vectors.view(len(counts), -1, vectors.shape[-1])
        return
    for head, part in zip(buffer, vectors.split(list(counts)), strict=True):
        head[: len(part)] = part
