"""Turns exact rows into stored ones and measures how far they are off; where that is nothing, it is an error."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from kvguard_policies.hf_cache import CompactCache, CompactLayer, PackedLayer
from kvguard_policies.policy import PolicyError
from kvguard_policies.quantizers.quantizer import Quantizer
from kvguard_policies.stores import QuantizationLoss

__all__ = ["AllExactError", "quantize"]


class AllExactError(PolicyError):
    """A context is so short that the quantizer leaves all of it exact."""


@torch.no_grad()
def quantize(cache: CompactCache, quantizer: Quantizer) -> CompactCache:
    """Return a cache that holds the same rows as the quantizer stores them; layers that slide stay as they are.

    Raises:
        AllExactError: the context is too short for anything to be packed.
        PolicyError: no layer may be packed, or what was packed is not off by anything.
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
    """Return one layer as the quantizer stores it; heads that hold different counts are stored one by one."""
    even = len(set(layer.counts)) == 1
    sizes = [sum(layer.counts)] if even else list(layer.counts)
    heads = len(layer.counts) if even else 1
    stores = tuple(
        quantizer.store(_by_head(keys, heads), _by_head(values, heads))
        for keys, values in zip(layer.keys.split(sizes), layer.values.split(sizes), strict=True)
    )
    read = [store.read() for store in stores]
    keys, values = (torch.cat([rows.flatten(0, 1) for rows in half]) for half in zip(*read, strict=True))
    return PackedLayer(keys, values, layer.counts, layer.positions, stores)


def _by_head(rows: Tensor, heads: int) -> Tensor:
    return rows.view(heads, -1, rows.shape[-1])


@dataclass
class _Sums:
    """Squares and counts of either keys or values, over layers."""

    off: float = 0.0
    exact: float = 0.0
    packed: int = 0
    entries: int = 0

    def add(self, before: Tensor, after: Tensor, exact_rows: int) -> None:
        """Add the packed rows of one store, (H, S, D) each."""
        packed = before.shape[1] - exact_rows
        before, after = before[:, :packed].double(), after[:, :packed].double()
        self.off += float((after - before).square().sum())
        self.exact += float(before.square().sum())
        self.packed += before.shape[0] * packed
        self.entries += before.shape[0] * (packed + exact_rows)

    @property
    def error(self) -> float | None:
        return float((self.off / self.exact) ** 0.5) if self.packed else None

    @property
    def packed_share(self) -> float:
        return self.packed / self.entries if self.entries else 0.0


def _measure(layer: CompactLayer, packed: PackedLayer, sums: tuple[_Sums, _Sums]) -> None:
    heads = len(layer.counts) // len(packed.stores)
    sizes = [sum(layer.counts)] if len(packed.stores) == 1 else list(layer.counts)
    halves = ((layer.keys, packed.keys), (layer.values, packed.values))
    for number, ((before, after), half) in enumerate(zip(halves, sums, strict=True)):
        for store, exact, read in zip(packed.stores, before.split(sizes), after.split(sizes), strict=True):
            half.add(_by_head(exact, heads), _by_head(read, heads), store.exact_rows[number])


def _check_lossy(loss: QuantizationLoss, quantizer: Quantizer, cache: CompactCache) -> None:
    if loss.keys is None and loss.values is None:
        if cache.compressible_layers:
            raise AllExactError(_unchanged(quantizer, _why_exact(cache)))
        why = "every layer of this model attends through a sliding window, and such layers are left alone"
        raise PolicyError(_unchanged(quantizer, why))
    equal = [name for name, error in (("keys", loss.keys), ("values", loss.values)) if error == 0]
    if equal:
        why = f"its packed {equal[-1]} are equal to the exact ones, so they were not quantized"
        raise PolicyError(_unchanged(quantizer, why))


def _unchanged(quantizer: Quantizer, why: str) -> str:
    return f"{quantizer.spec} changed nothing: {why}. A run in which nothing changed proves nothing."


def _why_exact(cache: CompactCache) -> str:
    most = max(max(cache.layers[index].counts) for index in cache.compressible_layers)
    return (
        f"a head holds {most} entries, and all of them stay exact. Use a smaller residual and group, a longer "
        "context or a lower ratio"
    )
