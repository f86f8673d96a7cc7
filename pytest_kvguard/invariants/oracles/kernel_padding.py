"""Left padding changes nothing: every row of a padded batch is computed as it is alone."""

from __future__ import annotations

from pytest_kvguard.invariants.arms import context_of
from pytest_kvguard.invariants.finding import Finding
from pytest_kvguard.invariants.kernel_runs import first_wrong_dtype
from pytest_kvguard.invariants.subject import Subject

__all__ = ["find"]

LENGTHS = (70, 41, 5)
PIECES = (66, 1, 3)


def find(subject: Subject) -> Finding | None:
    """Feed three prompts padded on the left, in one batch and in pieces, in every type."""
    model = subject.source.model()
    rows = [context_of(model, tokens, seed=number) for number, tokens in enumerate(LENGTHS)]
    return first_wrong_dtype(subject, rows, PIECES)
