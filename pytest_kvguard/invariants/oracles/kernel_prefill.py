"""A kernel computes a whole prompt as float32 eager attention does."""

from __future__ import annotations

from pytest_kvguard.invariants.arms import context_of
from pytest_kvguard.invariants.finding import Finding
from pytest_kvguard.invariants.kernel_runs import first_wrong_dtype
from pytest_kvguard.invariants.subject import Subject

__all__ = ["find"]

TOKENS = 72


def find(subject: Subject) -> Finding | None:
    """Feed one prompt at once, in every type."""
    ids = context_of(subject.source.model(), TOKENS)
    return first_wrong_dtype(subject, [ids], [TOKENS])
