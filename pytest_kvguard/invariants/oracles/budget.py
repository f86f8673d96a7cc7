"""Exactly as many entries are kept as the ratio leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from transformers import PreTrainedModel

from kvguard_policies.compression import compress
from kvguard_policies.policy import OwnCache
from pytest_kvguard.invariants.arms import context_of, recorded
from pytest_kvguard.invariants.contexts import keeping_policy
from pytest_kvguard.invariants.own_caches import OWN_AMOUNT, own_context
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import NotApplicable, Violation, refusal

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
    model, policy = subject.source.model(), keeping_policy(subject)
    for tokens in LENGTHS:
        try:
            record = recorded(model, context_of(model, tokens), policy, subject.kernel)
        except Exception as error:
            if tokens < LENGTHS[0] and refusal(error):
                continue
            raise
        for ratio in dict.fromkeys((subject.ratio, *RATIOS)):
            context = compress(record, policy, ratio)
            heads = sum(len(record.keys[index]) for index in record.compressible_layers)
            kept = sum(len(head) for i in record.compressible_layers for head in context.layers[i].positions)
            budget = heads * (max(1, int(tokens * (1 - ratio))) if policy else tokens)
            if kept != budget or context.entries != kept:
                where = f"ratio {ratio}, {tokens} tokens"
                observed = f"{kept}, reported {context.entries}"
                return Violation("number of entries, all layers", observed, str(budget), where)
    return None


def _count_own(subject: Subject) -> Violation | None:
    model, policy = subject.source.model(), subject.policy
    assert isinstance(policy, OwnCache)
    ids = context_of(model, LENGTHS[0])
    layers = recorded(model, ids, None, subject.kernel).compressible_layers
    counts = {ratio: _counts(subject, model, ids, ratio, layers) for ratio in dict.fromkeys((subject.ratio, *RATIOS))}
    heads = len(next(iter(counts.values())))
    if not policy.lossless and len(set(map(sum, counts.values()))) == 1:
        raise NotApplicable(OWN_AMOUNT)
    for ratio, by_head in counts.items():
        kept, budget = sum(by_head), heads * len(ids) * (1.0 if policy.lossless else float(1 - ratio))
        if abs(kept - budget) > (0 if policy.lossless else heads * ROUNDING):
            where = f"ratio {ratio}, {len(ids)} tokens"
            allowed = "" if policy.lossless else f" ± {heads * ROUNDING}"
            return Violation("number of entries, all layers", str(kept), f"{budget:g}{allowed}", where)
    return None


def _counts(
    subject: Subject, model: PreTrainedModel, ids: list[int], ratio: Fraction, layers: Sequence[int]
) -> list[int]:
    """Return the number of entries of each head of the layers that do not slide."""
    counts = own_context(replace(subject, ratio=ratio), model, ids).counts()
    return [count for layer in layers for count in counts[layer]]
