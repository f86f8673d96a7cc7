"""Batch invariance: a row gives the same answer in a batch as alone, at lengths of every residue modulo 32."""

from __future__ import annotations

from pytest_kvguard.invariants.arms import ask, ask_rows, context_of, evicted, question_of
from pytest_kvguard.invariants.contexts import scoring_policy
from pytest_kvguard.invariants.differences import FLOAT32, difference
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import Violation

__all__ = ["find"]

RESIDUES = 32
SHORTEST = 33


def find(subject: Subject) -> Violation | None:
    """Return how an answer in a padded batch of 32 lengths differs from the answer of the same row alone, or None."""
    model = subject.source.model()
    contexts, questions = [], []
    for number in range(RESIDUES):
        ids = context_of(model, SHORTEST + number, seed=number)
        contexts.append(evicted(model, ids, scoring_policy(subject), subject.ratio, subject.kernel))
        questions.append(question_of(model, 1 + number * 7 % RESIDUES, seed=100 + number))
    together = ask_rows(model, contexts, questions, subject.kernel)
    for number, (context, question) in enumerate(zip(contexts, questions, strict=True)):
        alone = ask(model, context, question, subject.kernel)
        where = f"row {number} of {RESIDUES}, {context.seen_tokens} tokens, {len(question)} fed"
        if violation := difference(together[number], alone, FLOAT32, where, context.seen_tokens):
            return violation
    return None
