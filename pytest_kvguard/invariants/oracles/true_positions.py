"""The position of the next token is the true length of the sequence, not the number of kept entries."""

from __future__ import annotations

import torch

from kvguard_policies.attention import RAGGED, ragged_attention
from kvguard_policies.hf_cache import RaggedCache, cache_argument
from kvguard_policies.policy import OwnCache
from kvguard_policies.reading_on import carries_on
from pytest_kvguard.invariants.arms import QUESTION_TOKENS, TOKENS, ask, question_of
from pytest_kvguard.invariants.contexts import long_enough
from pytest_kvguard.invariants.differences import difference
from pytest_kvguard.invariants.own_caches import NEAR, entries_read, require_exact
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.tracing import Answer, traced
from pytest_kvguard.invariants.violation import NotApplicable, Violation

__all__ = ["find"]


@torch.no_grad()
def find(subject: Subject) -> Violation | None:
    """Return how positions taken from the cache, as ``generate`` does, differ from true positions, or None."""
    if isinstance(subject.policy, OwnCache):
        return _wrong_next_position(subject)
    model = subject.source.model()
    if not carries_on(model, subject.kernel):
        raise NotApplicable("the model forgets its recurrent states in a call of several tokens")
    context, question = long_enough(subject, model, TOKENS).cache, question_of(model)
    tokens = context.seen_tokens
    cache = RaggedCache.of([context], subject.kernel, reserve=len(question))
    if cache.get_seq_length() != tokens:
        return Violation("length that the cache reports", str(cache.get_seq_length()), str(tokens))
    with ragged_attention(model), traced(RAGGED) as trace:
        logits = model(torch.tensor([question], device=model.device), **cache_argument(model, cache)).logits
    by_itself = Answer(logits[0], trace.row())
    return difference(by_itself, ask(model, context, question, subject.kernel), 0.0, "", tokens)


def _wrong_next_position(subject: Subject) -> Violation | None:
    """Return how the position that a policy gives for the next token misses where the keys of its cache stand, or None.

    It is the true length where keys are as the model rotated them, and the number of entries where they were rotated to
    new positions.
    """
    reading = entries_read(subject, [QUESTION_TOKENS])
    if violation := require_exact(reading, NEAR):
        return violation
    for head, entries in enumerate(reading.heads[0]):
        of_context = entries.before(TOKENS)
        kept = len(of_context.positions)
        moved = bool(kept) and of_context.is_turned
        expected, why = (kept, "of keys in new places") if moved else (TOKENS, "of tokens")
        if reading.context.next_position != expected:
            observed = str(reading.context.next_position)
            return Violation(
                "position of the next token", observed, f"{expected}, the number {why}", "one layer", 0, head
            )
    return None
