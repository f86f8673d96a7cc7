"""The next token stands at the true length of the sequence, never at the number of rows that were kept."""

from __future__ import annotations

import torch

from kvguard_policies.hf_cache import RaggedCache, cache_argument
from kvguard_policies.kernel import RAGGED, ragged_attention
from pytest_kvguard.invariants.arms import ask, context_of, evicted, question_of
from pytest_kvguard.invariants.contexts import scoring_policy
from pytest_kvguard.invariants.differences import difference
from pytest_kvguard.invariants.finding import Finding
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.tracing import Answer, traced

__all__ = ["find"]


@torch.no_grad()
def find(subject: Subject) -> Finding | None:
    """Let the model take positions from the cache, as ``generate`` does, and compare with true positions."""
    model = subject.source.model()
    ids, question = context_of(model), question_of(model)
    context = evicted(model, ids, scoring_policy(subject), subject.ratio, subject.kernel)
    cache = RaggedCache.of([context], subject.kernel, reserve=len(question))
    if cache.get_seq_length() != len(ids):
        return Finding("length the cache reports", str(cache.get_seq_length()), str(len(ids)))
    with ragged_attention(model), traced(RAGGED) as trace:
        logits = model(torch.tensor([question], device=model.device), **cache_argument(model, cache)).logits
    by_itself = Answer(logits[0], trace.row())
    return difference(by_itself, ask(model, context, question, subject.kernel), 0.0, "", len(ids))
