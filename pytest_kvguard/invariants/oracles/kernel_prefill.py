"""A kernel computes a whole prompt as float32 eager attention does."""

from __future__ import annotations

from pytest_kvguard.invariants.arms import context_of
from pytest_kvguard.invariants.kernel_runs import compare_dtypes
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import Violation

__all__ = ["find"]

TOKENS = 72


def find(subject: Subject) -> Violation | None:
    """Return the first wrong number for one prompt fed at once, in any dtype, or None."""
    ids = context_of(subject.source.model(), TOKENS)
    return compare_dtypes(subject, [ids], [TOKENS])
