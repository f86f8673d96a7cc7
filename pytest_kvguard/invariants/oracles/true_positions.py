"""The position of the next token is the true length of the sequence, not the number of kept entries."""

from __future__ import annotations

import torch

from kvguard_policies.attention import RAGGED, ragged_attention
from kvguard_policies.hf_cache import RaggedCache, cache_argument
from pytest_kvguard.invariants.arms import ask, context_of, evicted, question_of
from pytest_kvguard.invariants.contexts import scoring_policy
from pytest_kvguard.invariants.differences import difference
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.tracing import Answer, traced
from pytest_kvguard.invariants.violation import Violation

__all__ = ["find"]


@torch.no_grad()
def find(subject: Subject) -> Violation | None:
    """Return how positions taken from the cache, as ``generate`` does, differ from true positions, or None."""
    model = subject.source.model()
    ids, question = context_of(model), question_of(model)
    context = evicted(model, ids, scoring_policy(subject), subject.ratio, subject.kernel)
    cache = RaggedCache.of([context], subject.kernel, reserve=len(question))
    if cache.get_seq_length() != len(ids):
        return Violation("length that the cache reports", str(cache.get_seq_length()), str(len(ids)))
    with ragged_attention(model), traced(RAGGED) as trace:
        logits = model(torch.tensor([question], device=model.device), **cache_argument(model, cache)).logits
    by_itself = Answer(logits[0], trace.row())
    return difference(by_itself, ask(model, context, question, subject.kernel), 0.0, "", len(ids))
