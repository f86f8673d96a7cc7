"""A kernel computes single tokens after a prompt as eager attention computes all of it at once."""

from __future__ import annotations

from pytest_kvguard.invariants.arms import context_of
from pytest_kvguard.invariants.finding import Finding
from pytest_kvguard.invariants.kernel_runs import first_wrong_dtype
from pytest_kvguard.invariants.subject import Subject

__all__ = ["find"]

PROMPT, SINGLES = 40, 24


def find(subject: Subject) -> Finding | None:
    """Feed a prompt, then one token at a time, in every type."""
    ids = context_of(subject.source.model(), PROMPT + SINGLES)
    return first_wrong_dtype(subject, [ids], [PROMPT, *[1] * SINGLES])
