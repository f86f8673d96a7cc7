"""A cache that was reset is as empty as a new one."""

from __future__ import annotations

import copy
from typing import Any

import torch
from transformers import PreTrainedModel

from kvguard_policies.attention import attention_kernel
from kvguard_policies.hf_cache import RaggedCache, cache_argument
from kvguard_policies.policy import OwnCache
from pytest_kvguard.invariants.arms import TOKENS, context_of, feed, plain_answer, question_of
from pytest_kvguard.invariants.contexts import long_enough
from pytest_kvguard.invariants.differences import FLOAT32, difference
from pytest_kvguard.invariants.own_caches import own_context
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.tracing import Answer, traced
from pytest_kvguard.invariants.violation import NotApplicable, Violation

__all__ = ["find"]


def find(subject: Subject) -> Violation | None:
    """Return how a used cache answers differently from a new one after a reset, or None."""
    model = subject.source.model()
    if isinstance(subject.policy, OwnCache):
        return _own(subject, model, subject.policy)
    context = long_enough(subject, model, TOKENS).cache
    used = RaggedCache.of([context], subject.kernel)
    feed(model, used, question_of(model), context.seen_tokens)
    used.reset()
    if used.get_seq_length() != 0:
        return Violation("length after reset", str(used.get_seq_length()), "0")
    other, question = context_of(model, 40, seed=3), question_of(model)

    def answer(cache: RaggedCache) -> Answer:
        return Answer.joined([feed(model, cache, other, 0), feed(model, cache, question, len(other))])

    fresh = RaggedCache.empty(model, subject.kernel)
    return difference(answer(used), answer(fresh), 0.0, "reset against new", 0)


@torch.no_grad()
def _own(subject: Subject, model: PreTrainedModel, policy: OwnCache) -> Violation | None:
    """Return how a cache that a policy filled differs from no cache once it is reset, or None."""
    context, other = own_context(subject, model, context_of(model)), context_of(model, 24, seed=3)
    if policy.evicts_later(context.cache):
        raise NotApplicable("the cache evicts while it grows, so even a new one differs from no cache")
    cache = copy.deepcopy(context.cache)
    cache.reset()
    if length := int(cache.get_seq_length()):
        if _is_of_transformers(cache.layers[0]):
            raise NotApplicable("the cache layer of this release of transformers keeps its length when it is reset")
        return Violation("length after reset", str(length), "0")
    with attention_kernel(model, subject.kernel), traced(subject.kernel) as trace:
        logits = model(torch.tensor([other], device=model.device), **cache_argument(model, cache)).logits
    with attention_kernel(model, subject.kernel):
        expected = plain_answer(model, other)
    return difference(Answer(logits[0], trace.row()), expected, FLOAT32, "reset against no cache")


def _is_of_transformers(layer: Any) -> bool:
    kind = type(layer)
    return all(code.__module__.startswith("transformers.") for code in (kind, kind.reset))
