"""Tokens fed in pieces give the answer of tokens fed at once, after an uncompressed and a compressed context."""

from __future__ import annotations

from collections.abc import Sequence

from transformers import PreTrainedModel

from kvguard_policies.attention import RAGGED, rotation_depends_on_length
from kvguard_policies.hf_cache import CompactCache, RaggedCache
from kvguard_policies.policy import OwnCache
from pytest_kvguard.invariants.arms import TOKENS, ask, context_of, evicted, feed, plain_answer, question_of
from pytest_kvguard.invariants.attention_calls import calls_watched, require_attention
from pytest_kvguard.invariants.contexts import long_enough
from pytest_kvguard.invariants.differences import FLOAT32, difference
from pytest_kvguard.invariants.own_caches import in_pieces_violation
from pytest_kvguard.invariants.shadow import first_wrong_call
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.tracing import Answer
from pytest_kvguard.invariants.violation import Violation

__all__ = ["find"]

PIECES = (1, 2, 31, 1, 5, 40)
"""Together they fill the windows and groups of quantizers, whose entries are packed between two pieces."""


def find(subject: Subject) -> Violation | None:
    """Return how 80 tokens in six pieces are answered differently from the same tokens fed at once, or None.

    What attention must read is worked out anew for every piece. A quantizer packs entries between the pieces, so its
    answers to them are compared with that alone.
    """
    if isinstance(subject.policy, OwnCache):
        return in_pieces_violation(subject, PIECES)
    model = subject.source.model()
    return _uncompressed(subject, model) or _compressed(subject, model)


def _uncompressed(subject: Subject, model: PreTrainedModel) -> Violation | None:
    if rotation_depends_on_length(model):
        return None  # the plain model rotates early tokens of a longer call otherwise
    ids, more = context_of(model), question_of(model, sum(PIECES))
    context = evicted(model, ids, None, subject.ratio, subject.kernel)
    one_shot = plain_answer(model, [*ids, *more]).tokens(len(ids))
    in_pieces = _piecewise(model, context, more, subject.kernel)
    return difference(in_pieces, one_shot, FLOAT32, f"pieces of {PIECES}, nothing evicted", len(ids))


def _compressed(subject: Subject, model: PreTrainedModel) -> Violation | None:
    context, more = long_enough(subject, model, TOKENS), question_of(model, sum(PIECES))
    where = f"pieces of {PIECES}, ratio {subject.ratio}"
    with calls_watched(model, RAGGED) as calls:
        in_pieces = _piecewise(model, context.cache, more, subject.kernel)
    if violation := first_wrong_call(calls, context.shadow(), PIECES, where=where):
        return violation
    if subject.required_policy.quantizes:
        require_attention(calls)
        return None
    if rotation_depends_on_length(model):
        return None
    one_shot = ask(model, context.cache, more, subject.kernel)
    return difference(in_pieces, one_shot, FLOAT32, where, context.record.tokens)


def _piecewise(model: PreTrainedModel, context: CompactCache, ids: Sequence[int], kernel: str) -> Answer:
    cache, parts, fed = RaggedCache.of([context], kernel), [], 0
    for size in PIECES:
        parts.append(feed(model, cache, ids[fed : fed + size], context.seen_tokens + fed))
        fed += size
    return Answer.joined(parts)
