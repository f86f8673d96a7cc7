"""A kernel computes for single tokens after a prompt what eager attention computes for all of them at once."""

from __future__ import annotations

from pytest_kvguard.invariants.arms import context_of
from pytest_kvguard.invariants.kernel_runs import compare_dtypes
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import Violation

__all__ = ["find"]

PROMPT, SINGLES = 40, 24


def find(subject: Subject) -> Violation | None:
    """Return the first wrong number for a prompt and then one token at a time, in any dtype, or None."""
    ids = context_of(subject.source.model(), PROMPT + SINGLES)
    return compare_dtypes(subject, [ids], [PROMPT, *[1] * SINGLES])
