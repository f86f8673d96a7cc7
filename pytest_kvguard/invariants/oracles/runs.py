"""Contexts of every length are compressed and answered."""

from __future__ import annotations

from kvguard_policies.quantization import AllExactError
from pytest_kvguard.invariants.arms import context_of, question_of
from pytest_kvguard.invariants.contexts import Context, compressed
from pytest_kvguard.invariants.finding import Finding
from pytest_kvguard.invariants.subject import Subject

__all__ = ["find"]

LENGTHS = (160, 96, 33, 5, 2, 1)
"""The longest leaves policies with windows of up to 64 tokens something to choose."""


def find(subject: Subject) -> Finding | None:
    """Look for a length at which no finite numbers come out."""
    model = subject.source.model()
    for tokens in LENGTHS:
        try:
            context = compressed(subject, model, context_of(model, tokens))
        except AllExactError:
            continue  # it says so, which is what it must do of a context that fits its window
        try:
            answer = context.ask(question_of(model))
        except Exception as error:
            if not (uneven := _uneven(context)):
                raise
            said = (str(error).strip() or "no message").splitlines()[0]
            where = f"{tokens} tokens, {uneven}, and the model does not go on from that"
            return Finding(type(error).__name__, said, "", where, crashed=True)
        wrong = (~answer.logits.isfinite()).any(dim=-1).nonzero()
        if len(wrong):
            position = tokens + int(wrong[0])
            return Finding("a logit", "not finite", "finite", f"{tokens} tokens", position=position)
    return None


def _uneven(context: Context) -> str:
    """Say how many rows the layers hold, where they do not hold equally many."""
    rows = [max(heads) for heads in context.counts()]
    return f"layers hold unequal numbers of rows: {', '.join(map(str, rows))}" if len(set(rows)) > 1 else ""
