"""What compression leaves of one context: exactly the kept rows, nothing padded."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from kvguard_policies.stores import QuantizationLoss, Store

__all__ = ["CompactCache", "CompactLayer", "PackedLayer"]


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
