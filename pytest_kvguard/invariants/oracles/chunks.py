"""Tokens fed in pieces give the answer of tokens fed at once, after an uncompressed and a compressed context."""

from __future__ import annotations

from collections.abc import Sequence

from transformers import PreTrainedModel

from kvguard_policies.hf_cache import CompactCache, RaggedCache
from pytest_kvguard.invariants.arms import ask, context_of, evicted, feed, plain_answer, question_of
from pytest_kvguard.invariants.contexts import scoring_policy
from pytest_kvguard.invariants.differences import FLOAT32, difference
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.tracing import Answer
from pytest_kvguard.invariants.violation import Violation

__all__ = ["find"]

PIECES = (1, 2, 31, 1, 5)


def find(subject: Subject) -> Violation | None:
    """Return how 40 tokens in five pieces are answered differently from the same tokens fed at once, or None."""
    model, policy = subject.source.model(), scoring_policy(subject)
    ids, more = context_of(model), question_of(model, sum(PIECES))
    uncompressed = evicted(model, ids, None, subject.ratio, subject.kernel)
    one_shot = plain_answer(model, [*ids, *more]).tokens(len(ids))
    in_pieces = _piecewise(model, uncompressed, more, subject.kernel)
    if violation := difference(in_pieces, one_shot, FLOAT32, f"pieces of {PIECES}, nothing evicted", len(ids)):
        return violation
    context = evicted(model, ids, policy, subject.ratio, subject.kernel)
    in_pieces, one_shot = _piecewise(model, context, more, subject.kernel), ask(model, context, more, subject.kernel)
    return difference(in_pieces, one_shot, FLOAT32, f"pieces of {PIECES}, ratio {subject.ratio}", len(ids))


def _piecewise(model: PreTrainedModel, context: CompactCache, ids: Sequence[int], kernel: str) -> Answer:
    cache, parts, fed = RaggedCache.of([context], kernel), [], 0
    for size in PIECES:
        parts.append(feed(model, cache, ids[fed : fed + size], context.seen_tokens + fed))
        fed += size
    return Answer.joined(parts)
