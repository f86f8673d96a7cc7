"""The compressed cache holds the bytes of its entries and keeps no others in memory."""

from __future__ import annotations

from torch import Tensor

from kvguard_policies.hf_cache import CompactLayer
from pytest_kvguard.invariants.arms import context_of, evicted
from pytest_kvguard.invariants.contexts import scoring_policy
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import Violation

__all__ = ["find"]


def find(subject: Subject) -> Violation | None:
    """Return the first layer whose bytes are not entries x head size x bytes of a number, or None."""
    model = subject.source.model()
    context = evicted(model, context_of(model), scoring_policy(subject), subject.ratio, subject.kernel)
    width = model.dtype.itemsize
    for index, layer in enumerate(context.layers):
        entries = sum(len(positions) for positions in layer.positions)
        expected = sum(entries * half.shape[-1] * width for half in (layer.keys, layer.values))
        for what, held in (("bytes", layer.cache_bytes), ("bytes of memory", _memory(layer))):
            if held != expected:
                return Violation(what, str(held), f"{expected} for {entries} entries", f"ratio {subject.ratio}", index)
    return None


def _memory(layer: CompactLayer) -> int:
    """Return the bytes of memory that a layer's tensors keep alive; a view keeps the whole tensor that it views."""
    return sum(_storage(half) for half in (layer.keys, layer.values))


def _storage(half: Tensor) -> int:
    return half.untyped_storage().nbytes()
