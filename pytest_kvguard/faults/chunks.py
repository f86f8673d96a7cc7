"""Changes of what windowed stores have packed, for faults around quantizers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from kvguard_policies import stores
from kvguard_policies.compact import CompactLayer, PackedLayer
from kvguard_policies.quantizers.affine import AffineVectors
from kvguard_policies.quantizers.gear import GearVectors
from kvguard_policies.ragged_layer import RaggedLayer
from kvguard_policies.stores import ChangedRange, PackedVectors, WindowedStore
from pytest_kvguard.faults.planting import Planting

__all__ = ["change_backbone", "change_late_chunks", "refilled", "reread_used_contexts"]

Change = Callable[[AffineVectors], AffineVectors]


def change_backbone(chunk: PackedVectors, change: Change) -> PackedVectors:
    """Return packed vectors whose codes, scales and zeros were changed."""
    if isinstance(chunk, GearVectors):
        return replace(chunk, backbone=change(chunk.backbone))
    return change(chunk) if isinstance(chunk, AffineVectors) else chunk


def change_late_chunks(planting: Planting, change: Change) -> None:
    """Change every chunk that a store packs while tokens are appended, i.e. after the context."""

    def append(real: Any, half: stores._Half, vectors: Tensor) -> ChangedRange:
        before = len(half.chunks)
        changed: ChangedRange = real(half, vectors)
        if len(half.chunks) == before:
            planting.untouched()
            return changed
        late = change_backbone(half.chunks[-1], change)
        half.chunks = (*half.chunks[:-1], late)
        return changed[0], late.unpack()

    planting.method(stores._Half, "append", append)


def refilled(layer: PackedLayer, read: Callable[[stores._Half], Tensor]) -> PackedLayer:
    """Return a layer whose unpacked copy is read anew from its windowed stores; others are unchanged.

    Args:
        layer: the layer.
        read: returns the vectors (H, S, D) of one half of a store.
    """
    windowed = [store for store in layer.stores if isinstance(store, WindowedStore)]
    if len(windowed) != len(layer.stores):
        return layer
    keys = torch.cat([read(store._keys).flatten(0, 1) for store in windowed])
    values = torch.cat([read(store._values).flatten(0, 1) for store in windowed])
    return replace(layer, keys=keys, values=values)


def reread_used_contexts(planting: Planting, read: Callable[[stores._Half], Tensor]) -> None:
    """Read the stores of a context anew from its second use on.

    Args:
        planting: the planting of the fault.
        read: returns the vectors (H, S, D) of one half of a store.
    """
    used: dict[int, CompactLayer] = {}

    def fill(real: Any, layer: RaggedLayer, rows: Sequence[CompactLayer], reserve: int) -> None:
        again = [isinstance(row, PackedLayer) and id(row) in used for row in rows]
        used.update({id(row): row for row in rows})
        if not any(again):
            planting.untouched()
        restored = [
            refilled(row, read) if known and isinstance(row, PackedLayer) else row
            for row, known in zip(rows, again, strict=True)
        ]
        real(layer, restored, reserve)

    planting.method(RaggedLayer, "fill", fill)
