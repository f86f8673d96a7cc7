"""Quantizes a cache and measures the error; a quantizer that changes nothing is refused."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from kvguard_policies.compact import CompactCache, CompactLayer, PackedLayer
from kvguard_policies.policy import PolicyError
from kvguard_policies.quantizers.quantizer import Quantizer
from kvguard_policies.stores import QuantizationLoss

__all__ = ["AllExactError", "UnchangedError", "quantize"]


class UnchangedError(PolicyError):
    """The packed entries equal the exact ones."""


class AllExactError(PolicyError):
    """The context is too short: the quantizer leaves all of it exact."""


@torch.no_grad()
def quantize(cache: CompactCache, quantizer: Quantizer) -> CompactCache:
    """Return a cache with the same entries, stored by the quantizer; sliding layers are unchanged.

    Raises:
        AllExactError: the context is too short for the quantizer to pack anything.
        PolicyError: all layers slide, or the packed keys or values equal the exact ones.
    """
    layers = list(cache.layers)
    sums = _Sums(), _Sums()
    for index in cache.compressible_layers:
        layer = layers[index]
        packed = pack_layer(layer, quantizer)
        layers[index] = packed
        _measure(layer, packed, sums)
    loss = QuantizationLoss(sums[0].error, sums[1].error, sums[0].packed_share, sums[1].packed_share)
    _check_lossy(loss, quantizer, cache)
    return replace(cache, layers=tuple(layers), loss=loss)


def pack_layer(layer: CompactLayer, quantizer: Quantizer) -> PackedLayer:
    """Return one layer stored by the quantizer: all heads in one store, or one store per head if counts differ."""
    even = len(set(layer.counts)) == 1
    sizes = [sum(layer.counts)] if even else list(layer.counts)
    heads = len(layer.counts) if even else 1
    stores = tuple(
        quantizer.store(_by_head(keys, heads), _by_head(values, heads))
        for keys, values in zip(layer.keys.split(sizes), layer.values.split(sizes), strict=True)
    )
    read = [store.read() for store in stores]
    keys, values = (torch.cat([vectors.flatten(0, 1) for vectors in half]) for half in zip(*read, strict=True))
    return PackedLayer(keys, values, layer.counts, layer.positions, stores)


def _by_head(vectors: Tensor, heads: int) -> Tensor:
    return vectors.view(heads, -1, vectors.shape[-1])


@dataclass
class _Sums:
    """Sums over layers for either keys or values: squared error, squared exact vectors, and counts of vectors."""

    squared_error: float = 0.0
    squared_exact: float = 0.0
    packed: int = 0
    entries: int = 0

    def add(self, exact: Tensor, read: Tensor, exact_tokens: int) -> None:
        """Add one store: its exact vectors and those read from it, (H, S, D) each."""
        packed = exact.shape[1] - exact_tokens
        exact, read = exact[:, :packed].double(), read[:, :packed].double()
        self.squared_error += float((read - exact).square().sum())
        self.squared_exact += float(exact.square().sum())
        self.packed += exact.shape[0] * packed
        self.entries += exact.shape[0] * (packed + exact_tokens)

    @property
    def error(self) -> float | None:
        return float((self.squared_error / self.squared_exact) ** 0.5) if self.packed else None

    @property
    def packed_share(self) -> float:
        return self.packed / self.entries if self.entries else 0.0


def _measure(layer: CompactLayer, packed: PackedLayer, sums: tuple[_Sums, _Sums]) -> None:
    heads = len(layer.counts) // len(packed.stores)
    sizes = [sum(layer.counts)] if len(packed.stores) == 1 else list(layer.counts)
    halves = ((layer.keys, packed.keys), (layer.values, packed.values))
    for number, ((exact_half, read_half), half_sums) in enumerate(zip(halves, sums, strict=True)):
        for store, exact, read in zip(packed.stores, exact_half.split(sizes), read_half.split(sizes), strict=True):
            half_sums.add(_by_head(exact, heads), _by_head(read, heads), store.exact_tokens[number])


def _check_lossy(loss: QuantizationLoss, quantizer: Quantizer, cache: CompactCache) -> None:
    if loss.keys is None and loss.values is None:
        if cache.compressible_layers:
            raise AllExactError(_unchanged(quantizer, _reason_exact(cache)))
        why = (
            "every layer of this model attends through a window that prompt and reply may outgrow, and such layers are "
            "left alone: shorten them, or use another model"
        )
        raise PolicyError(_unchanged(quantizer, why))
    equal = [name for name, error in (("keys", loss.keys), ("values", loss.values)) if error == 0]
    if equal:
        why = f"its packed {equal[-1]} are equal to the exact ones, so they were not quantized; {_most_held(cache)}"
        raise UnchangedError(_unchanged(quantizer, why))


def _unchanged(quantizer: Quantizer, why: str) -> str:
    return f"{quantizer.spec} changed nothing: {why}. A run in which nothing changed proves nothing."


def _reason_exact(cache: CompactCache) -> str:
    return (
        f"{_most_held(cache)}, and all of them stay exact. Use a smaller residual and group, a longer "
        "context or a lower ratio"
    )


def _most_held(cache: CompactCache) -> str:
    most = max(max(cache.layers[index].counts) for index in cache.compressible_layers)
    return f"a head holds {most} entries"
