"""The first number that differs: layer by layer, then position by position."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from pytest_kvguard.invariants.finding import Finding
from pytest_kvguard.invariants.tracing import Answer

__all__ = ["FLOAT32", "difference", "first_wrong"]

FLOAT32 = 5e-5
"""Allowed between two ways to compute the same in float32, as a share of the largest value of a layer."""


def difference(
    observed: Answer, expected: Answer, tolerance: float, where: str = "", position: int = 0
) -> Finding | None:
    """Return the first number in which two answers differ by more than allowed, or None.

    Args:
        observed: the answer under test.
        expected: the reference, for the same tokens.
        tolerance: allowed difference as a share of a layer's largest value; 0 is bit for bit.
        where: what was run.
        position: true position of the answers' first token.
    """
    for layer, (seen, wanted) in enumerate(zip(observed.heads, expected.heads, strict=True)):
        if found := first_wrong(seen, wanted, tolerance):
            (token, head, _), values = found
            return Finding("attention output", *values, where, layer, head, position + token)
    if found := first_wrong(observed.logits, expected.logits, tolerance):
        (token, word), values = found
        return Finding(f"logit of token {word}", *values, where, position=position + token)
    return None


def first_wrong(observed: Tensor, expected: Tensor, tolerance: float) -> tuple[tuple[int, ...], tuple[str, str]] | None:
    """Return where two tensors of one shape first differ, and the two values there in words; None if nowhere.

    A value that is not finite in one of them is wrong whatever the tolerance.
    """
    if observed.shape != expected.shape:
        shapes = str(tuple(observed.shape)), f"of shape {tuple(expected.shape)}"
        return (0,) * max(observed.dim(), 1), (f"of shape {shapes[0]}", shapes[1])
    allowed = tolerance * float(expected.abs().max()) if expected.numel() else 0.0
    wrong = ~((observed.double() - expected.double()).abs() <= allowed)
    if not wrong.any():
        return None
    place = tuple(int(index) for index in wrong.nonzero()[0])
    return place, (_shown(observed[place]), f"{_shown(expected[place])}{_allowance(allowed)}")


def _shown(value: Any) -> str:
    return f"{float(value):.7g}"


def _allowance(allowed: float) -> str:
    return f" ± {allowed:.2g}" if allowed else ", bit for bit"
