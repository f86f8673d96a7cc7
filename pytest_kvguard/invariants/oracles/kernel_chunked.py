"""A kernel computes for a prompt fed in pieces what eager attention computes for the whole prompt."""

from __future__ import annotations

from pytest_kvguard.invariants.arms import context_of
from pytest_kvguard.invariants.kernel_runs import compare_dtypes
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import Violation

__all__ = ["find"]

PIECES = (20, 1, 31, 3, 17)
"""With several queries and more keys, a causal mask is easily aligned with the wrong end."""


def find(subject: Subject) -> Violation | None:
    """Return the first wrong number for one prompt fed in pieces, in any dtype, or None."""
    ids = context_of(subject.source.model(), sum(PIECES))
    return compare_dtypes(subject, [ids], PIECES)
