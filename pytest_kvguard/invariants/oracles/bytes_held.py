"""The compressed cache holds the bytes of its entries and keeps no others in memory."""

from __future__ import annotations

from torch import Tensor

from kvguard_policies.hf_cache import CompactCache, CompactLayer
from kvguard_policies.policy import OwnCache
from pytest_kvguard.invariants.arms import TOKENS, context_of, evicted
from pytest_kvguard.invariants.contexts import keeping_policy, long_enough
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import NotApplicable, Violation

__all__ = ["find"]


def find(subject: Subject) -> Violation | None:
    """Return the first layer whose bytes are not entries x head size x bytes of a number, or None."""
    if isinstance(subject.policy, OwnCache):
        raise NotApplicable(
            "the policy fills a cache of its own, whose bytes are measured and follow from nothing else"
        )
    model = subject.source.model()
    if subject.required_policy.quantizes:
        stored = long_enough(subject, model, TOKENS).cache
        if violation := _no_fewer_bytes(stored, model.dtype.itemsize, subject):
            return violation
    context = evicted(model, context_of(model), keeping_policy(subject), subject.ratio, subject.kernel)
    width = model.dtype.itemsize
    for index, layer in enumerate(context.layers):
        entries = sum(len(positions) for positions in layer.positions)
        expected = sum(entries * half.shape[-1] * width for half in (layer.keys, layer.values))
        for what, held in (("bytes", layer.cache_bytes), ("bytes of memory", _memory(layer))):
            if held != expected:
                return Violation(what, str(held), f"{expected} for {entries} entries", f"ratio {subject.ratio}", index)
    return None


def _no_fewer_bytes(context: CompactCache, width: int, subject: Subject) -> Violation | None:
    """Return the first layer whose stored entries take as many bytes as exact ones, or none at all, or None."""
    for index in context.compressible_layers:
        layer = context.layers[index]
        exact = sum(half.numel() * width for half in (layer.keys, layer.values))
        if not 0 < layer.cache_bytes < exact:
            expected = f"above 0 and fewer than {exact}, as they are exact"
            return Violation("bytes of quantized entries", str(layer.cache_bytes), expected, f"{subject.ratio}", index)
    return None


def _memory(layer: CompactLayer) -> int:
    """Return the bytes of memory that a layer's tensors keep alive; a view keeps the whole tensor that it views."""
    return sum(_storage(half) for half in (layer.keys, layer.values))


def _storage(half: Tensor) -> int:
    return half.untyped_storage().nbytes()
