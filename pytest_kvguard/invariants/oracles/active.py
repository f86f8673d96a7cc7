"""A policy with a ratio above 0 changes what the model computes."""

from __future__ import annotations

from fractions import Fraction

from transformers import PreTrainedModel

from kvguard_policies.policy import OwnCache
from kvguard_policies.quantization import AllExactError
from pytest_kvguard.invariants.arms import TOKENS, context_of, evicted, question_of
from pytest_kvguard.invariants.contexts import LONGER, Context, Evicted, OwnContext, compressed
from pytest_kvguard.invariants.differences import FLOAT32, difference
from pytest_kvguard.invariants.own_caches import plain_context
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import Violation

__all__ = ["find"]

CONTEXTS = 3
LATER = 48
"""Tokens that are fed one by one to a cache that evicts while it grows."""


def find(subject: Subject) -> Violation | None:
    """Return the first of three contexts, compressed by one policy object, that answers as if uncompressed, or None.

    A cache that is meant to hold everything must not change what the model computes.
    """
    model, policy = subject.source.model(), subject.required_policy
    if isinstance(policy, OwnCache) and policy.lossless:
        return _lossy(subject, model)
    tokens = next((size for size in _lengths(policy) if _error(subject, model, size, 0) > 0), TOKENS)
    for number in range(CONTEXTS):
        if _error(subject, model, tokens, number) == 0:
            where = f"ratio {subject.ratio}, {tokens} tokens, context {number + 1} of {CONTEXTS}"
            return Violation("error of the logits", "exactly 0", "above 0", where, position=tokens)
    return None


def _lengths(policy: object) -> list[int]:
    """Return the lengths of contexts to try: the window of a cache may hold a short one as a whole."""
    return [TOKENS + more for more in LONGER] if isinstance(policy, OwnCache) or _packs_late(policy) else [TOKENS]


def _packs_late(policy: object) -> bool:
    return bool(getattr(policy, "quantizes", False))


def _error(subject: Subject, model: PreTrainedModel, tokens: int, seed: int) -> float:
    """Return the largest error of the logits; 0 where a quantizer says that it leaves all of the context exact."""
    ids, question = context_of(model, tokens, seed), question_of(model)
    try:
        context = compressed(subject, model, ids)
    except AllExactError:
        return 0.0
    if isinstance(context, OwnContext) and context.policy and context.policy.evicts_later(context.cache):
        longer = question_of(model, LATER)
        plain = plain_context(subject, model, ids)
        answers = (each.ask_in_pieces(longer, [1] * LATER) for each in (context, plain))
        lossy, exact = (answer.logits for answer in answers)
    else:
        lossy, exact = context.ask(question).logits, _exact(subject, model, ids).ask(question).logits
    return float((lossy - exact).abs().max())


def _lossy(subject: Subject, model: PreTrainedModel) -> Violation | None:
    ids, question = context_of(model), question_of(model)
    held = compressed(subject, model, ids).ask(question)
    plain = plain_context(subject, model, ids).ask(question)
    return difference(held, plain, FLOAT32, "a cache that holds everything", len(ids))


def _exact(subject: Subject, model: PreTrainedModel, ids: list[int]) -> Context:
    """Return the uncompressed context: at ratio 0, or without a policy where the policy would alter it at ratio 0."""
    if isinstance(subject.policy, OwnCache):
        return plain_context(subject, model, ids)
    if subject.required_policy.quantizes:
        return Evicted(model, evicted(model, ids, None, Fraction(0), subject.kernel), subject.kernel)
    return compressed(subject, model, ids, Fraction(0))
