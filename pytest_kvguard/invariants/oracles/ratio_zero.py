"""Ratio 0 computes the same as no policy, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from transformers import PreTrainedModel

from kvguard_policies.policy import OwnCache
from kvguard_policies.quantizers.quantizer import Quantizer
from pytest_kvguard.invariants.arms import context_of, evicted, question_of
from pytest_kvguard.invariants.contexts import Context, Evicted, compressed
from pytest_kvguard.invariants.differences import FLOAT32, difference
from pytest_kvguard.invariants.own_caches import OWN_AMOUNT, plain_context
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import NotApplicable, Violation

__all__ = ["find"]


def find(subject: Subject) -> Violation | None:
    """Return how the policy at ratio 0 differs from no policy at all, or None.

    A quantizer stores all entries at ratio 0, whatever it wraps, and a cache of its own that holds them in buffers of
    another size is read in another order.
    """
    model, policy = subject.source.model(), subject.required_policy
    ids, question = context_of(model), question_of(model)
    with_policy = compressed(subject, model, ids, Fraction(0)).ask(question)
    if isinstance(policy, Quantizer):
        alone = replace(policy, base=None)
        without = compressed(subject, model, ids, policy=alone).ask(question)
        return difference(with_policy, without, 0.0, f"ratio 0 against {alone.spec} at ratio {subject.ratio}", len(ids))
    without = _uncompressed(subject, model, ids).ask(question)
    buffered = isinstance(policy, OwnCache) and policy.lossless
    if isinstance(policy, OwnCache) and not buffered and _keeps_as_few(subject, model, ids):
        raise NotApplicable(f"{OWN_AMOUNT}, at ratio 0 too")
    return difference(with_policy, without, FLOAT32 if buffered else 0.0, "ratio 0", position=len(ids))


def _keeps_as_few(subject: Subject, model: PreTrainedModel, ids: list[int]) -> bool:
    """Return whether a cache of its own evicts at ratio 0, and exactly as much as at the subject's ratio."""
    counts = [compressed(subject, model, ids, ratio).counts() for ratio in (Fraction(0), subject.ratio)]
    return counts[0] == counts[1] != _uncompressed(subject, model, ids).counts()


def _uncompressed(subject: Subject, model: PreTrainedModel, ids: list[int]) -> Context:
    """Return the context without a policy, in the kind of cache that the policy fills."""
    if isinstance(subject.policy, OwnCache):
        return plain_context(subject, model, ids)
    return Evicted(model, evicted(model, ids, None, Fraction(0), subject.kernel), subject.kernel)
