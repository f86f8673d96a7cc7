"""A kernel reads a sliding layer while its window fills, when it is full, and after it has wrapped twice."""

from __future__ import annotations

from kvguard_policies.attention import attention_kernel
from pytest_kvguard.invariants.arms import context_of, evicted, plain_answer
from pytest_kvguard.invariants.differences import FLOAT32, difference
from pytest_kvguard.invariants.kernel_runs import check_kernel
from pytest_kvguard.invariants.pieces import PIECES, cut, feed_pieces
from pytest_kvguard.invariants.subject import Subject
from pytest_kvguard.invariants.violation import NotApplicable, Violation
from pytest_kvguard.models.kernels import takes_mask

__all__ = ["find"]

STEPS = 9
"""Tokens fed one by one at the end."""


def find(subject: Subject) -> Violation | None:
    """Return the first length at which tokens fed after a context are answered differently, or None."""
    check_kernel(subject.kernel)
    if not takes_mask(subject.kernel):
        raise NotApplicable(f"{subject.kernel} does not take a 4D mask, which a compressed cache needs")
    model = subject.source.model()
    config = model.config.get_text_config()
    if "sliding_attention" not in (getattr(config, "layer_types", None) or ()):
        raise NotApplicable("no layer of the model has a sliding window")
    for tokens in _lengths(config.sliding_window):
        pieces = _pieces(config.sliding_window)
        ids = context_of(model, tokens + sum(pieces))
        context = evicted(model, ids[:tokens], None, subject.ratio, subject.kernel)
        answer = feed_pieces(model, context, cut(ids[tokens:], pieces), subject.kernel)
        with attention_kernel(model, "eager"):
            expected = plain_answer(model, ids).tokens(tokens)
        where = f"window {config.sliding_window}, {tokens} tokens, then {', '.join(map(str, pieces))} fed"
        if violation := difference(answer, expected, FLOAT32, where, tokens):
            return violation
    return None


def _lengths(window: int) -> tuple[int, ...]:
    """Return lengths at which the window is nearly empty, half full, just not full, just full, and past."""
    return tuple(
        sorted({1, 2, max(1, window // 2), max(1, window - 2), window - 1, window, window + 1, 2 * window + 1})
    )


def _pieces(window: int) -> tuple[int, ...]:
    """Return calls that pass two windows, a whole one at once included, and then go on step by step."""
    rest = max(0, 2 * window - sum(PIECES))
    return (*(1,) * STEPS, *PIECES, *((rest,) if rest else ()), *(1,) * STEPS)
