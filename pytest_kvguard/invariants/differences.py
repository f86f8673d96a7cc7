"""Comparisons of answers and tensors that return the first number that differs."""

from __future__ import annotations

from torch import Tensor

from pytest_kvguard.invariants.tracing import Answer
from pytest_kvguard.invariants.violation import Violation

__all__ = ["FLOAT32", "difference", "first_mismatch", "told_apart"]

FLOAT32 = 5e-5
"""Allowed difference between two ways to compute the same in float32, as a share of a layer's largest value."""

FEWEST_DIGITS, MOST_DIGITS = 7, 17
"""Significant digits of a number in a violation; 17 tell any two numbers apart."""


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

    A value that is not finite in one of them differs whatever the tolerance; infinities of one sign are equal.
    """
    if observed.shape != expected.shape:
        shapes = str(tuple(observed.shape)), f"of shape {tuple(expected.shape)}"
        return (0,) * max(observed.dim(), 1), (f"of shape {shapes[0]}", shapes[1])
    allowed = tolerance * float(expected.where(expected.isfinite(), 0).abs().max()) if expected.numel() else 0.0
    differs = ~((observed == expected) | ((observed.double() - expected.double()).abs() <= allowed))
    if not differs.any():
        return None
    place = tuple(int(index) for index in differs.nonzero()[0])
    wrong, right = told_apart(float(observed[place]), float(expected[place]))
    return place, (wrong, f"{right}{_allowance(allowed)}")


def told_apart(observed: float, expected: float) -> tuple[str, str]:
    """Return two numbers as text, with at least 7 significant digits and as many more as tell them apart."""
    for digits in range(FEWEST_DIGITS, MOST_DIGITS):
        texts = f"{observed:.{digits}g}", f"{expected:.{digits}g}"
        if texts[0] != texts[1]:
            return texts
    return f"{observed:.{MOST_DIGITS}g}", f"{expected:.{MOST_DIGITS}g}"


def _allowance(allowed: float) -> str:
    return f" ± {allowed:.2g}" if allowed else ", bit for bit"
