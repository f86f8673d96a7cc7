"""As many entries stay as the ratio leaves, exactly."""

from __future__ import annotations

from fractions import Fraction

from kvguard_policies.compression import compress
from kvguard_policies.policy import OwnCache
from pytest_kvguard.invariants.arms import context_of, recorded
from pytest_kvguard.invariants.contexts import compressed, scoring_policy
from pytest_kvguard.invariants.finding import Finding
from pytest_kvguard.invariants.subject import Subject

__all__ = ["find"]

RATIOS = tuple(Fraction(text) for text in ("0.1", "0.25", "1/3", "0.5", "0.75", "0.9"))
LENGTHS = (100, 48, 10, 3)
"""0.9 of 100 and of 10 are where floating point rounds to one entry too few."""
ROUNDING = 1
"""Entries per head and layer that a cache of a policy's own may hold more or less: some round up, some down."""


def find(subject: Subject) -> Finding | None:
    """Count what is left at several ratios and lengths."""
    return _count_own(subject) if isinstance(subject.policy, OwnCache) else _count_ours(subject)


def _count_ours(subject: Subject) -> Finding | None:
    model, policy = subject.source.model(), scoring_policy(subject)
    for tokens in LENGTHS:
        record = recorded(model, context_of(model, tokens), policy, subject.kernel)
        for ratio in dict.fromkeys((subject.ratio, *RATIOS)):
            context = compress(record, policy, ratio)
            heads = len(record.compressible_layers) * record.keys[0].shape[0]
            kept = sum(len(rows) for i in record.compressible_layers for rows in context.layers[i].positions)
            wanted = heads * max(1, int(tokens * (1 - ratio)))
            if kept != wanted or context.entries != kept:
                where = f"ratio {ratio}, {tokens} tokens"
                seen = f"{kept}, reported {context.entries}"
                return Finding("number of entries, all layers", seen, str(wanted), where)
    return None


def _count_own(subject: Subject) -> Finding | None:
    model = subject.source.model()
    tokens = LENGTHS[0]
    for ratio in dict.fromkeys((subject.ratio, *RATIOS)):
        counts = compressed(subject, model, context_of(model, tokens), ratio).counts()
        heads, kept = sum(map(len, counts)), sum(map(sum, counts))
        wanted = heads * tokens * float(1 - ratio)
        if abs(kept - wanted) > heads * ROUNDING:
            where = f"ratio {ratio}, {tokens} tokens"
            return Finding("number of entries, all layers", str(kept), f"{wanted:g} ± {heads * ROUNDING}", where)
    return None
