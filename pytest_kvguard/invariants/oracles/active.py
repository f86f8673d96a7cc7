"""A policy that is asked to remove something changes what the model computes."""

from __future__ import annotations

from fractions import Fraction

from transformers import PreTrainedModel

from pytest_kvguard.invariants.arms import context_of, evicted, question_of
from pytest_kvguard.invariants.contexts import Context, Evicted, compressed
from pytest_kvguard.invariants.finding import Finding
from pytest_kvguard.invariants.subject import Subject

__all__ = ["find"]

CONTEXTS = 3


def find(subject: Subject) -> Finding | None:
    """Look for a context whose answer is that of the uncompressed one: a first, a second, a third with one policy."""
    model = subject.source.model()
    question = question_of(model)
    for number in range(CONTEXTS):
        ids = context_of(model, seed=number)
        lossy, exact = compressed(subject, model, ids).ask(question), _exact(subject, model, ids).ask(question)
        if float((lossy.logits - exact.logits).abs().max()) == 0:
            where = f"ratio {subject.ratio}, context {number + 1} of {CONTEXTS}"
            return Finding("error of the logits", "exactly 0", "above 0", where, position=len(ids))
    return None


def _exact(subject: Subject, model: PreTrainedModel, ids: list[int]) -> Context:
    """Return the context as it is: at ratio 0, or in our cache without a policy where that would quantize."""
    if subject.required_policy.quantizes:
        return Evicted(model, evicted(model, ids, None, Fraction(0), subject.kernel), subject.kernel)
    return compressed(subject, model, ids, Fraction(0))
