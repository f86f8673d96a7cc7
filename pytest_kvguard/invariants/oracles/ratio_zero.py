"""Ratio 0 computes the same as no policy, bit for bit."""

from __future__ import annotations

from fractions import Fraction

import torch
from transformers import DynamicCache, PreTrainedModel

from kvguard_policies.hf_cache import cache_argument
from kvguard_policies.policy import OwnCache
from pytest_kvguard.invariants.arms import attention_set, context_of, evicted, question_of
from pytest_kvguard.invariants.contexts import Context, Evicted, OwnContext, compressed
from pytest_kvguard.invariants.differences import difference
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import NotApplicable, Violation

__all__ = ["find"]


def find(subject: Subject) -> Violation | None:
    """Return how the policy at ratio 0 differs from no policy at all, or None."""
    if subject.required_policy.quantizes:
        raise NotApplicable("the policy quantizes at every ratio")
    model = subject.source.model()
    ids, question = context_of(model), question_of(model)
    with_policy = compressed(subject, model, ids, Fraction(0)).ask(question)
    without = _uncompressed(subject, model, ids).ask(question)
    return difference(with_policy, without, 0.0, "ratio 0", position=len(ids))


def _uncompressed(subject: Subject, model: PreTrainedModel, ids: list[int]) -> Context:
    """Return the context without a policy, in the kind of cache that the policy fills."""
    if not isinstance(subject.policy, OwnCache):
        return Evicted(model, evicted(model, ids, None, Fraction(0), subject.kernel), subject.kernel)
    cache = DynamicCache(config=model.config)
    with torch.no_grad(), attention_set(model, subject.kernel):
        model(torch.tensor([ids], device=model.device), **cache_argument(model, cache))
    return OwnContext(model, cache, subject.kernel, len(ids))
