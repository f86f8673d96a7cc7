"""Contexts of every length are compressed and answered."""

from __future__ import annotations

from pytest_kvguard.invariants.arms import context_of, question_of
from pytest_kvguard.invariants.contexts import compressed
from pytest_kvguard.invariants.finding import Finding
from pytest_kvguard.invariants.subject import Subject

__all__ = ["find"]

LENGTHS = (160, 96, 33, 5, 2, 1)
"""The longest leaves policies with windows of up to 64 tokens something to choose."""


def find(subject: Subject) -> Finding | None:
    """Look for a length at which no finite numbers come out."""
    model = subject.source.model()
    for tokens in LENGTHS:
        answer = compressed(subject, model, context_of(model, tokens)).ask(question_of(model))
        wrong = (~answer.logits.isfinite()).any(dim=-1).nonzero()
        if len(wrong):
            position = tokens + int(wrong[0])
            return Finding("a logit", "not finite", "finite", f"{tokens} tokens", position=position)
    return None
