"""A policy with a ratio above 0 changes what the model computes."""

from __future__ import annotations

from fractions import Fraction

from transformers import PreTrainedModel

from pytest_kvguard.invariants.arms import context_of, evicted, question_of
from pytest_kvguard.invariants.contexts import Context, Evicted, compressed
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import Violation

__all__ = ["find"]

CONTEXTS = 3


def find(subject: Subject) -> Violation | None:
    """Return the first of three contexts, compressed by one policy object, that answers as if uncompressed, or None."""
    model = subject.source.model()
    question = question_of(model)
    for number in range(CONTEXTS):
        ids = context_of(model, seed=number)
        lossy, exact = compressed(subject, model, ids).ask(question), _exact(subject, model, ids).ask(question)
        if float((lossy.logits - exact.logits).abs().max()) == 0:
            where = f"ratio {subject.ratio}, context {number + 1} of {CONTEXTS}"
            return Violation("error of the logits", "exactly 0", "above 0", where, position=len(ids))
    return None


def _exact(subject: Subject, model: PreTrainedModel, ids: list[int]) -> Context:
    """Return the uncompressed context: at ratio 0, or without a policy where the policy would quantize at ratio 0."""
    if subject.required_policy.quantizes:
        return Evicted(model, evicted(model, ids, None, Fraction(0), subject.kernel), subject.kernel)
    return compressed(subject, model, ids, Fraction(0))
