"""On one layer, evicting entries equals running the kept tokens alone at their true positions, head by head."""

from __future__ import annotations

import torch
from transformers import PreTrainedModel

from kvguard_policies.attention import rotation_depends_on_length
from kvguard_policies.policy import OwnCache
from kvguard_policies.quantizers.quantizer import Quantizer
from pytest_kvguard.invariants.arms import QUESTION_TOKENS, TOKENS, ask, context_of, evicted, plain_answer, question_of
from pytest_kvguard.invariants.contexts import keeping_policy, long_enough
from pytest_kvguard.invariants.differences import FLOAT32, first_mismatch
from pytest_kvguard.invariants.own_caches import entries_read, plain_context, require_exact
from pytest_kvguard.invariants.quantized_entries import wrong_stored_entry
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.tracing import Answer
from pytest_kvguard.invariants.violation import NotApplicable, Violation

__all__ = ["find"]


def find(subject: Subject) -> Violation | None:
    """Return how a KV head's query heads differ from a plain run over the tokens that this KV head kept, or None.

    With one layer, a token's key and value depend on that token alone, so evicted tokens must leave no trace.
    """
    model = subject.source.one_layer()
    if rotation_depends_on_length(model):
        raise NotApplicable("the model rotates early tokens of a longer call otherwise, so tokens alone differ")
    if isinstance(subject.policy, OwnCache):
        return _own(subject, model)
    ids, question = context_of(model), question_of(model)
    context = evicted(model, ids, keeping_policy(subject), subject.ratio, subject.kernel)
    answer = ask(model, context, question, subject.kernel)
    if not answer.heads:
        raise NotApplicable("the model calls no registered attention function")
    for head, kept in enumerate(context.layers[0].positions):
        alone = _alone(model, ids, kept.tolist(), question)
        if mismatch := _first_wrong_head(answer, alone, head, len(context.layers[0].counts)):
            (token, query_head, _), values = mismatch
            where = f"one layer, ratio {subject.ratio}, {len(kept)} entries kept"
            return Violation("attention output", *values, where, 0, query_head, context.seen_tokens + token)
    return _stored(subject, subject.policy, model) if isinstance(subject.policy, Quantizer) else None


def _stored(subject: Subject, quantizer: Quantizer, model: PreTrainedModel) -> Violation | None:
    """Return the first stored entry that is not near what the plain model computes for its token, or None."""
    context = long_enough(subject, model, TOKENS)
    plain = plain_context(subject, model, context.record.token_ids).cache.layers[0]
    exact = plain.keys[0], plain.values[0]
    near = context.record.keys[0], context.record.values[0]
    for computed, own in zip(exact, near, strict=True):
        if mismatch := first_mismatch(own, computed, FLOAT32):
            (head, token, _), values = mismatch
            return Violation("an exact entry before it is stored", *values, "one layer", 0, head, token)
    return wrong_stored_entry(quantizer, context.cache, near, 0)


def _own(subject: Subject, model: PreTrainedModel) -> Violation | None:
    """Return how a cache that the policy filled differs from a plain run over the tokens that it holds, or None."""
    reading = entries_read(subject, [QUESTION_TOKENS])
    if violation := require_exact(reading):
        return violation
    ids, question = reading.ids[:TOKENS], reading.ids[TOKENS:]
    next_position = reading.context.next_position
    answer = Answer(reading.calls[0].layers[0].output[0, :, 0], (reading.calls[0].layers[0].output[0],))
    for head, entries in enumerate(reading.heads[0]):
        kept = sorted(position for position in entries.positions.tolist() if position < TOKENS)
        alone = _alone(model, ids, kept, question, None if next_position == TOKENS else next_position)
        if mismatch := _first_wrong_head(answer, alone, head, len(reading.heads[0])):
            (token, query_head, _), values = mismatch
            where = f"one layer, ratio {subject.ratio}, {len(kept)} entries held"
            return Violation("attention output", *values, where, 0, query_head, next_position + token)
    return None


def _alone(
    model: PreTrainedModel, ids: list[int], kept: list[int], question: list[int], moved_to: int | None = None
) -> Answer:
    """Return the plain model's answer to the question after the kept tokens.

    Args:
        model: of one layer.
        ids: the context.
        kept: positions, ascending.
        question: fed after the context.
        moved_to: None: every token stands at its true position. Otherwise the kept ones stand one after the other, and
            the question begins at this position.
    """
    where = kept if moved_to is None else list(range(len(kept)))
    start = len(ids) if moved_to is None else moved_to
    positions = [*where, *range(start, start + len(question))]
    return plain_answer(model, [*(ids[position] for position in kept), *question], positions).tokens(len(kept))


def _first_wrong_head(
    answer: Answer, alone: Answer, head: int, heads: int
) -> tuple[tuple[int, ...], tuple[str, str]] | None:
    observed, expected = answer.heads[0], alone.heads[0]
    group = observed.shape[1] // heads
    own = slice(head * group, (head + 1) * group)
    mismatch = first_mismatch(observed[:, own].to(torch.float32), expected[:, own].to(torch.float32), FLOAT32)
    if mismatch is None:
        return None
    (token, member, size), values = mismatch
    return (token, head * group + member, size), values
