"""The compressed cache holds the bytes of its entries, and no others stay behind it in memory."""

from __future__ import annotations

from torch import Tensor

from kvguard_policies.hf_cache import CompactLayer
from pytest_kvguard.invariants.arms import context_of, evicted
from pytest_kvguard.invariants.contexts import scoring_policy
from pytest_kvguard.invariants.finding import Finding
from pytest_kvguard.invariants.subject import Subject

__all__ = ["find"]


def find(subject: Subject) -> Finding | None:
    """Compare bytes held with entries x size of a head x bytes of a number, layer by layer."""
    model = subject.source.model()
    context = evicted(model, context_of(model), scoring_policy(subject), subject.ratio, subject.kernel)
    width = model.dtype.itemsize
    for index, layer in enumerate(context.layers):
        entries = sum(len(rows) for rows in layer.positions)
        wanted = sum(entries * rows.shape[-1] * width for rows in (layer.keys, layer.values))
        for what, held in (("bytes", layer.cache_bytes), ("bytes of memory", _memory(layer))):
            if held != wanted:
                return Finding(what, str(held), f"{wanted} for {entries} entries", f"ratio {subject.ratio}", index)
    return None


def _memory(layer: CompactLayer) -> int:
    """Return the bytes that a layer's tensors keep from being freed; a view keeps all of what it looks into."""
    return sum(_storage(rows) for rows in (layer.keys, layer.values))


def _storage(rows: Tensor) -> int:
    return rows.untyped_storage().nbytes()
