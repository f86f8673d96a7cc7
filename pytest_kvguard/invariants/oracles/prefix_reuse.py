"""A compressed prefix that other questions used before (hit) gives the answers of a fresh one (miss)."""

from __future__ import annotations

import copy
from contextlib import suppress
from fractions import Fraction

from transformers import PreTrainedModel

from kvguard_policies.compression import compress
from kvguard_policies.policy import OwnCache
from kvguard_policies.quantization import AllExactError
from pytest_kvguard.invariants.arms import TOKENS, context_of, question_of
from pytest_kvguard.invariants.contexts import Context, Evicted, OwnContext, compressed, long_enough
from pytest_kvguard.invariants.differences import difference
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import Violation

__all__ = ["find"]

OTHER_RATIO = Fraction("0.9")


def find(subject: Subject) -> Violation | None:
    """Return how a prefix that served other questions and ratios answers differently from a new one, or None."""
    model = subject.source.model()
    question = question_of(model)
    if isinstance(subject.policy, OwnCache):
        fresh, used = (compressed(subject, model, context_of(model)) for _ in range(2))
    else:
        fresh, used = Evicted(model, long_enough(subject, model, TOKENS).cache, subject.kernel), _reused(subject, model)
    expected = fresh.ask(question)
    for seed in (20, 21):
        used.ask(question_of(model, 11, seed))
    where = "hit against miss"
    if violation := difference(used.ask(question), expected, 0.0, where, fresh.tokens):
        return violation
    return difference(_copied(used).ask(question), expected, 0.0, f"{where}, in a copy", fresh.tokens)


def _reused(subject: Subject, model: PreTrainedModel) -> Evicted:
    """Return a context compressed from a record that was compressed to another ratio, and asked, before."""
    context = long_enough(subject, model, TOKENS)
    with suppress(AllExactError):  # too few entries are left, and the quantizer says so as it must
        other = compress(context.record, context.policy, OTHER_RATIO)
        Evicted(model, other, subject.kernel).ask(question_of(model, 7, 22))
    return Evicted(model, compress(context.record, context.policy, subject.ratio), subject.kernel)


def _copied(context: Context) -> Context:
    """Return a context in a copy of its cache, as a program makes one that stores a prefix and loads it again."""
    if isinstance(context, OwnContext):
        return OwnContext(context.model, copy.deepcopy(context.cache), context.kernel, context.tokens, context.policy)
    assert isinstance(context, Evicted)
    return Evicted(context.model, copy.deepcopy(context.cache), context.kernel)
