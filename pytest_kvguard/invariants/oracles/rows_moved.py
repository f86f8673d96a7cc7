"""Keys and values of kept entries are moved together and unchanged; sliding layers keep what their window reaches."""

from __future__ import annotations

from dataclasses import replace

import torch

from kvguard_policies.compression import PrefillRecord, compress
from kvguard_policies.hf_cache import CompactCache
from pytest_kvguard.invariants.arms import TOKENS, context_of, entries_of, recorded
from pytest_kvguard.invariants.contexts import scoring_policy
from pytest_kvguard.invariants.differences import first_mismatch
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import Violation

__all__ = ["find"]

LENGTHS = (TOKENS, 64)
"""The second fills blocks of 16, 32 and 64 tokens exactly."""


def find(subject: Subject) -> Violation | None:
    """Return the first kept entry that differs from the entry of its position in the prefill, or None."""
    model, policy = subject.source.model(), scoring_policy(subject)
    for tokens in LENGTHS:
        record = recorded(model, context_of(model, tokens), policy, subject.kernel)
        context = compress(record, policy, subject.ratio)
        for layer in range(len(context.layers)):
            for head in range(len(context.layers[layer].counts)):
                if violation := _wrong_entry(record, context, layer, head):
                    return replace(violation, where=f"{tokens} tokens")
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
