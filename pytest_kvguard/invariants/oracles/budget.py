"""Exactly as many entries are kept as the ratio leaves."""

from __future__ import annotations

from fractions import Fraction

from kvguard_policies.compression import compress
from kvguard_policies.policy import OwnCache
from pytest_kvguard.invariants.arms import context_of, recorded
from pytest_kvguard.invariants.contexts import compressed, scoring_policy
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import Violation

__all__ = ["find"]

RATIOS = tuple(Fraction(text) for text in ("0.1", "0.25", "1/3", "0.5", "0.75", "0.9"))
LENGTHS = (100, 48, 10, 3)
"""Floating point rounds 0.9 of 100 and of 10 to one entry too few."""
ROUNDING = 1
"""Allowed difference in entries per head and layer for a policy that fills its own cache: some round up."""


def find(subject: Subject) -> Violation | None:
    """Return the first ratio and length at which the number of kept entries is wrong, or None."""
    return _count_own(subject) if isinstance(subject.policy, OwnCache) else _count_ours(subject)


def _count_ours(subject: Subject) -> Violation | None:
    model, policy = subject.source.model(), scoring_policy(subject)
    for tokens in LENGTHS:
        record = recorded(model, context_of(model, tokens), policy, subject.kernel)
        for ratio in dict.fromkeys((subject.ratio, *RATIOS)):
            context = compress(record, policy, ratio)
            heads = len(record.compressible_layers) * record.keys[0].shape[0]
            kept = sum(len(head) for i in record.compressible_layers for head in context.layers[i].positions)
            budget = heads * max(1, int(tokens * (1 - ratio)))
            if kept != budget or context.entries != kept:
                where = f"ratio {ratio}, {tokens} tokens"
                observed = f"{kept}, reported {context.entries}"
                return Violation("number of entries, all layers", observed, str(budget), where)
    return None


def _count_own(subject: Subject) -> Violation | None:
    model = subject.source.model()
    tokens = LENGTHS[0]
    for ratio in dict.fromkeys((subject.ratio, *RATIOS)):
        counts = compressed(subject, model, context_of(model, tokens), ratio).counts()
        heads, kept = sum(map(len, counts)), sum(map(sum, counts))
        budget = heads * tokens * float(1 - ratio)
        if abs(kept - budget) > heads * ROUNDING:
            where = f"ratio {ratio}, {tokens} tokens"
            return Violation("number of entries, all layers", str(kept), f"{budget:g} ± {heads * ROUNDING}", where)
    return None
