"""A compressed prefix that other questions used before (hit) gives the answers of a fresh one (miss)."""

from __future__ import annotations

from fractions import Fraction

from kvguard_policies.compression import compress
from kvguard_policies.policy import OwnCache
from pytest_kvguard.invariants.arms import context_of, question_of, recorded
from pytest_kvguard.invariants.contexts import Context, Evicted, compressed
from pytest_kvguard.invariants.differences import difference
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import Violation

__all__ = ["find"]

OTHER_RATIO = Fraction("0.9")


def find(subject: Subject) -> Violation | None:
    """Return how a prefix that served other questions and ratios answers differently from a new one, or None."""
    model = subject.source.model()
    ids, question = context_of(model), question_of(model)
    fresh = compressed(subject, model, ids).ask(question)
    used = compressed(subject, model, ids) if isinstance(subject.policy, OwnCache) else _reused(subject)
    for seed in (20, 21):
        used.ask(question_of(model, 11, seed))
    return difference(used.ask(question), fresh, 0.0, "hit against miss", len(ids))


def _reused(subject: Subject) -> Context:
    """Return a context compressed from a record that was compressed to another ratio, and asked, before."""
    model, policy = subject.source.model(), subject.required_policy
    record = recorded(model, context_of(model), policy, subject.kernel)
    Evicted(model, compress(record, policy, OTHER_RATIO), subject.kernel).ask(question_of(model, 7, 22))
    return Evicted(model, compress(record, policy, subject.ratio), subject.kernel)
