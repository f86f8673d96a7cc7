"""A cache of a policy's own that holds everything so far answers as the plain model, also while its window fills."""

from __future__ import annotations

from fractions import Fraction

from transformers import PreTrainedModel

from kvguard_policies.attention import attention_kernel, rotation_depends_on_length
from kvguard_policies.policy import OwnCache
from pytest_kvguard.invariants.arms import context_of, plain_answer
from pytest_kvguard.invariants.contexts import filled
from pytest_kvguard.invariants.differences import FLOAT32, difference
from pytest_kvguard.invariants.own_caches import is_altered
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import NotApplicable, Violation

__all__ = ["find"]

LENGTHS = (1, 2, 5, 12)
WINDOW = 24
"""The window of a cache that names none; contexts reach around it."""
PIECES = (1, 1, 7, 1, 1)


def find(subject: Subject) -> Violation | None:
    """Return the first call after a short context that is answered otherwise than by the plain model, or None."""
    policy, model = subject.required_policy, subject.source.model()
    if not isinstance(policy, OwnCache):
        raise NotApplicable("the policy works on caches of ours, which `lengths` asks")
    if rotation_depends_on_length(model):
        raise NotApplicable("the model rotates early tokens of a longer call otherwise, so answers in pieces differ")
    if is_altered(subject):
        raise NotApplicable("the policy alters its entries, so its answers differ from the plain model's")
    window = int(getattr(policy, "window", WINDOW))
    for tokens in sorted({*LENGTHS, *(window + by for by in (-3, -2, -1, 0, 1) if window + by > 0)}):
        ids = context_of(model, tokens + sum(PIECES))
        with attention_kernel(model, "eager"):
            expected = plain_answer(model, ids)
        answer = filled(subject, model, ids[:tokens], Fraction(0), policy).ask_in_pieces(ids[tokens:], PIECES)
        for number, size in enumerate(PIECES):
            first = tokens + sum(PIECES[:number])
            if not _holds_all(subject, model, ids[:first], policy):
                break
            own, plain = answer.tokens(first - tokens, first - tokens + size), expected.tokens(first, first + size)
            where = f"{tokens} tokens, call {number + 1} of pieces of {PIECES}"
            if violation := difference(own, plain, FLOAT32, where, first):
                return violation
    return None


def _holds_all(subject: Subject, model: PreTrainedModel, ids: list[int], policy: OwnCache) -> bool:
    """Return whether the cache still holds every token of a context of this length, in every head that it fills."""
    counts = filled(subject, model, ids, Fraction(0), policy).counts()
    return all(count == len(ids) for heads in counts for count in heads)
