"""A cache that was reset is as empty as a new one."""

from __future__ import annotations

from kvguard_policies.hf_cache import RaggedCache
from pytest_kvguard.invariants.arms import context_of, evicted, feed, question_of
from pytest_kvguard.invariants.contexts import scoring_policy
from pytest_kvguard.invariants.differences import difference
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.tracing import Answer
from pytest_kvguard.invariants.violation import Violation

__all__ = ["find"]


def find(subject: Subject) -> Violation | None:
    """Return how a used cache answers differently from a new one after a reset, or None."""
    model = subject.source.model()
    context = evicted(model, context_of(model), scoring_policy(subject), subject.ratio, subject.kernel)
    used = RaggedCache.of([context], subject.kernel)
    feed(model, used, question_of(model), context.seen_tokens)
    used.reset()
    if used.get_seq_length() != 0:
        return Violation("length after reset", str(used.get_seq_length()), "0")
    other, question = context_of(model, 40, seed=3), question_of(model)

    def answer(cache: RaggedCache) -> Answer:
        return Answer.joined([feed(model, cache, other, 0), feed(model, cache, question, len(other))])

    fresh = RaggedCache(len(context.layers), subject.kernel)
    return difference(answer(used), answer(fresh), 0.0, "reset against new", 0)
