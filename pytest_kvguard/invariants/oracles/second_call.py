"""A second call gives the answer of the first, whatever ran in between."""

from __future__ import annotations

from contextlib import suppress

from transformers import PreTrainedModel

from kvguard_policies.policy import OwnCache
from kvguard_policies.quantization import AllExactError
from pytest_kvguard.invariants.arms import context_of, question_of
from pytest_kvguard.invariants.contexts import Context, Evicted, compressed, long_enough
from pytest_kvguard.invariants.differences import difference, first_mismatch
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import Refused, Violation

__all__ = ["find"]

CALLS = ((96, 0), (96, 3), (70, 4), (96, 0))
"""Lengths and seeds of the contexts; the last is the first again."""


def find(subject: Subject) -> Violation | None:
    """Return how the second compression of a context, with others in between, differs from the first, or None."""
    model = subject.source.model()
    first = _context(subject, model, *CALLS[0])
    for tokens, seed in CALLS[1:-1]:
        with suppress(AllExactError, Refused):  # too short a context, and the policy says so as it must
            compressed(subject, model, context_of(model, tokens, seed))
    second = _context(subject, model, *CALLS[-1])
    where = f"call {len(CALLS)} against call 1"
    if isinstance(first, Evicted) and isinstance(second, Evicted) and (change := _other_entries(second, first, where)):
        return change
    if first.counts() != second.counts():
        return Violation("entries of each head", str(second.counts()), str(first.counts()), where)
    question = question_of(model)
    return difference(second.ask(question), first.ask(question), 0.0, where, first.tokens)


def _context(subject: Subject, model: PreTrainedModel, tokens: int, seed: int) -> Context:
    if isinstance(subject.policy, OwnCache):
        return compressed(subject, model, context_of(model, tokens, seed))
    return Evicted(model, long_enough(subject, model, tokens, seed).cache, subject.kernel)


def _other_entries(second: Evicted, first: Evicted, where: str) -> Violation | None:
    for layer, (held, again) in enumerate(zip(first.cache.layers, second.cache.layers, strict=True)):
        for head, (kept, kept_again) in enumerate(zip(held.positions, again.positions, strict=True)):
            if mismatch := first_mismatch(kept_again, kept, 0.0):
                return Violation("kept position", *mismatch[1], where, layer, head)
    return None
