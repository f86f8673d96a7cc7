"""Left padding changes nothing: a kernel computes the same for a row in a padded batch as for the row alone."""

from __future__ import annotations

from pytest_kvguard.invariants.arms import context_of
from pytest_kvguard.invariants.kernel_runs import compare_dtypes
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import Violation

__all__ = ["find"]

LENGTHS = (70, 41, 5)
PIECES = (66, 1, 3)


def find(subject: Subject) -> Violation | None:
    """Return the first wrong number for three left-padded prompts fed in pieces, in any dtype, or None."""
    model = subject.source.model()
    rows = [context_of(model, tokens, seed=number) for number, tokens in enumerate(LENGTHS)]
    return compare_dtypes(subject, rows, PIECES)
