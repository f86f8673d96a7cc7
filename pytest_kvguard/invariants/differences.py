"""Comparisons of answers and tensors that return the first number that differs."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from pytest_kvguard.invariants.tracing import Answer
from pytest_kvguard.invariants.violation import Violation

__all__ = ["FLOAT32", "difference", "first_mismatch"]

FLOAT32 = 5e-5
"""Allowed difference between two ways to compute the same in float32, as a share of a layer's largest value."""


def difference(
    observed: Answer, expected: Answer, tolerance: float, where: str = "", position: int = 0
) -> Violation | None:
    """Return the first number in which two answers differ by more than the tolerance, layer by layer, or None.

    Args:
        observed: the answer under test.
        expected: the reference, for the same tokens.
        tolerance: allowed difference as a share of a layer's largest value; 0 is bit for bit.
        where: what was run.
        position: true position of the answers' first token.
    """
    for layer, (observed_heads, expected_heads) in enumerate(zip(observed.heads, expected.heads, strict=True)):
        if mismatch := first_mismatch(observed_heads, expected_heads, tolerance):
            (token, head, _), values = mismatch
            return Violation("attention output", *values, where, layer, head, position + token)
    if mismatch := first_mismatch(observed.logits, expected.logits, tolerance):
        (token, word), values = mismatch
        return Violation(f"logit of token {word}", *values, where, position=position + token)
    return None


def first_mismatch(
    observed: Tensor, expected: Tensor, tolerance: float
) -> tuple[tuple[int, ...], tuple[str, str]] | None:
    """Return the index at which two tensors first differ and the two values there as text; None if they do not.

    A value that is not finite in one of them differs whatever the tolerance.
    """
    if observed.shape != expected.shape:
        shapes = str(tuple(observed.shape)), f"of shape {tuple(expected.shape)}"
        return (0,) * max(observed.dim(), 1), (f"of shape {shapes[0]}", shapes[1])
    allowed = tolerance * float(expected.abs().max()) if expected.numel() else 0.0
    differs = ~((observed.double() - expected.double()).abs() <= allowed)
    if not differs.any():
        return None
    place = tuple(int(index) for index in differs.nonzero()[0])
    return place, (_shown(observed[place]), f"{_shown(expected[place])}{_allowance(allowed)}")


def _shown(value: Any) -> str:
    return f"{float(value):.7g}"


def _allowance(allowed: float) -> str:
    return f" ± {allowed:.2g}" if allowed else ", bit for bit"
