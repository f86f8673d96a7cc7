"""A second call answers as the first, whatever ran in between."""

from __future__ import annotations

from pytest_kvguard.invariants.arms import context_of, question_of
from pytest_kvguard.invariants.contexts import Evicted, compressed
from pytest_kvguard.invariants.differences import difference, first_wrong
from pytest_kvguard.invariants.finding import Finding
from pytest_kvguard.invariants.subject import Subject

__all__ = ["find"]

CALLS = ((96, 0), (96, 3), (40, 4), (96, 0))
"""Lengths and seeds of the contexts; the last is the first again."""


def find(subject: Subject) -> Finding | None:
    """Compress several contexts with one policy object; compare rows and answers of the repeated one."""
    model = subject.source.model()
    contexts = [compressed(subject, model, context_of(model, tokens, seed)) for tokens, seed in CALLS]
    first, second = contexts[0], contexts[-1]
    where = f"call {len(CALLS)} against call 1"
    if isinstance(first, Evicted) and isinstance(second, Evicted) and (found := _other_rows(second, first, where)):
        return found
    if first.counts() != second.counts():
        return Finding("rows of each head", str(second.counts()), str(first.counts()), where)
    question = question_of(model)
    return difference(second.ask(question), first.ask(question), 0.0, where, first.tokens)


def _other_rows(second: Evicted, first: Evicted, where: str) -> Finding | None:
    for layer, (held, again) in enumerate(zip(first.cache.layers, second.cache.layers, strict=True)):
        for head, (rows, other) in enumerate(zip(held.positions, again.positions, strict=True)):
            if found := first_wrong(other, rows, 0.0):
                return Finding("kept position", *found[1], where, layer, head)
    return None
