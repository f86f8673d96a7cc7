"""Keys and values of kept rows are moved together and unchanged; sliding layers keep what their window reaches."""

from __future__ import annotations

from dataclasses import replace

import torch

from kvguard_policies.compression import PrefillRecord, compress
from kvguard_policies.hf_cache import CompactCache
from pytest_kvguard.invariants.arms import TOKENS, context_of, recorded, rows_of
from pytest_kvguard.invariants.contexts import scoring_policy
from pytest_kvguard.invariants.differences import first_wrong
from pytest_kvguard.invariants.finding import Finding
from pytest_kvguard.invariants.subject import Subject

__all__ = ["find"]

LENGTHS = (TOKENS, 64)
"""The second fills blocks of 16, 32 and 64 tokens to the last row."""


def find(subject: Subject) -> Finding | None:
    """Compare every kept row with the row of the prefill that its position names."""
    model, policy = subject.source.model(), scoring_policy(subject)
    for tokens in LENGTHS:
        record = recorded(model, context_of(model, tokens), policy, subject.kernel)
        context = compress(record, policy, subject.ratio)
        for layer in range(len(context.layers)):
            for head in range(len(context.layers[layer].counts)):
                if found := _moved_wrong(record, context, layer, head):
                    return replace(found, where=f"{tokens} tokens")
    return None


def _moved_wrong(record: PrefillRecord, context: CompactCache, layer: int, head: int) -> Finding | None:
    positions, keys, values = rows_of(context, layer, head)
    if not bool((positions[1:] > positions[:-1]).all()):
        return Finding("order of kept positions", str(positions.tolist()), "ascending", "", layer, head)
    if layer in context.sliding:
        wanted = torch.arange(max(0, record.tokens - context.sliding[layer] + 1), record.tokens)
        if found := first_wrong(positions.cpu(), wanted, 0.0):
            return Finding("row of a sliding layer", *found[1], "", layer, head)
    for what, moved, source in (("key", keys, record.keys), ("value", values, record.values)):
        if found := first_wrong(moved, source[layer][head][positions], 0.0):
            position = int(positions[found[0][0]])
            return Finding(what, *found[1], "", layer, head, position)
    return None
