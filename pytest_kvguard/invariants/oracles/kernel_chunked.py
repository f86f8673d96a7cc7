"""A kernel computes a prompt fed in pieces as eager attention computes it at once."""

from __future__ import annotations

from pytest_kvguard.invariants.arms import context_of
from pytest_kvguard.invariants.finding import Finding
from pytest_kvguard.invariants.kernel_runs import first_wrong_dtype
from pytest_kvguard.invariants.subject import Subject

__all__ = ["find"]

PIECES = (20, 1, 31, 3, 17)
"""Several queries against more keys is where a causal mask is easily aligned with the wrong end."""


def find(subject: Subject) -> Finding | None:
    """Feed one prompt in pieces, in every type."""
    ids = context_of(subject.source.model(), sum(PIECES))
    return first_wrong_dtype(subject, [ids], PIECES)
