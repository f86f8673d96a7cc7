"""Keys and values of kept entries are moved together and unchanged; sliding layers keep what their window reaches."""

from __future__ import annotations

from dataclasses import replace

import torch

from kvguard_policies.compression import PrefillRecord, compress
from kvguard_policies.hf_cache import CompactCache
from kvguard_policies.policy import OwnCache
from kvguard_policies.quantizers.quantizer import Quantizer
from pytest_kvguard.invariants.arms import QUESTION_TOKENS, TOKENS, context_of, entries_of, recorded
from pytest_kvguard.invariants.contexts import keeping_policy, long_enough
from pytest_kvguard.invariants.differences import FLOAT32, first_mismatch
from pytest_kvguard.invariants.own_caches import NEAR, SAME, entries_read, require_exact
from pytest_kvguard.invariants.quantized_entries import wrong_stored_entry
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import Violation

__all__ = ["find"]

LENGTHS = (TOKENS, 64)
"""The second fills blocks of 16, 32 and 64 tokens exactly."""


def find(subject: Subject) -> Violation | None:
    """Return the first kept entry that differs from the entry of its position in the prefill, or None."""
    if isinstance(subject.policy, OwnCache):
        return _own(subject)
    model, policy = subject.source.model(), keeping_policy(subject)
    for tokens in LENGTHS:
        record = recorded(model, context_of(model, tokens), policy, subject.kernel)
        context = compress(record, policy, subject.ratio)
        for layer in range(len(context.layers)):
            for head in range(len(context.layers[layer].counts)):
                if violation := _wrong_entry(record, context, layer, head):
                    return replace(violation, where=f"{tokens} tokens")
    return _stored(subject, subject.policy) if isinstance(subject.policy, Quantizer) else None


def _stored(subject: Subject, quantizer: Quantizer) -> Violation | None:
    """Return the first stored entry that is not near the entry of its position in the prefill, or None."""
    context = long_enough(subject, subject.source.model(), TOKENS)
    for layer in context.cache.compressible_layers:
        exact = context.record.keys[layer], context.record.values[layer]
        if violation := wrong_stored_entry(quantizer, context.cache, exact, layer):
            return violation
    return None


def _wrong_entry(record: PrefillRecord, context: CompactCache, layer: int, head: int) -> Violation | None:
    positions, keys, values = entries_of(context, layer, head)
    if not bool((positions[1:] > positions[:-1]).all()):
        return Violation("order of kept positions", str(positions.tolist()), "ascending", "", layer, head)
    if layer in context.sliding:
        expected = torch.arange(max(0, record.tokens - context.sliding[layer] + 1), record.tokens)
        if mismatch := first_mismatch(positions.cpu(), expected, 0.0):
            return Violation("position in a sliding layer", *mismatch[1], "", layer, head)
    for what, moved, source in (("key", keys, record.keys), ("value", values, record.values)):
        if mismatch := first_mismatch(moved, source[layer][head][positions], 0.0):
            position = int(positions[mismatch[0][0]])
            return Violation(what, *mismatch[1], "", layer, head, position)
    return None


def _own(subject: Subject) -> Violation | None:
    """Return the first key of a cache that a policy filled that is not of the same token as its value, or None."""
    reading = entries_read(subject, [QUESTION_TOKENS])
    if violation := require_exact(reading, NEAR):
        return violation
    for head, entries in enumerate(reading.heads[0]):
        positions = entries.positions.tolist()
        if len(set(positions)) < len(positions):
            twice = next(position for position in positions if positions.count(position) > 1)
            return Violation("an entry", "held twice", "held once", "one layer", 0, head, twice)
        held, exact = entries.keys.float(), entries.exact_keys.float()
        if entries.is_turned:
            held, exact = held.norm(dim=1), exact.norm(dim=1)
        tolerance = FLOAT32 if max(entries.distance, entries.key_distance) <= SAME or entries.is_turned else NEAR
        if mismatch := first_mismatch(held, exact, tolerance):
            return Violation("key", *mismatch[1], "one layer", 0, head, positions[mismatch[0][0]])
    return None
