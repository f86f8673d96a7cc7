"""Limits of gates that are given as options and ini values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_kvguard.contract.model import Gate

__all__ = ["LIMITS", "read_gate"]

LIMITS = {
    "max_lost": (int, 0, None, "a whole number, 0 or more"),
    "max_new_leaks": (int, 0, None, "a whole number, 0 or more"),
    "max_drop": (float, 0, 0.999, "a number from 0 to below 1, e.g. 0.1"),
    "confidence": (float, 0.5, 0.9999, "a number from 0.5 to 0.9999, e.g. 0.95"),
    "max_length_ratio": (float, 0.001, 1000, "a number above 0, e.g. 1.5"),
    "max_longer_share": (float, 0, 1, "a number from 0 to 1, e.g. 0.1"),
    "max_distance": (float, 0.001, 1000, "a number above 0, e.g. 2"),
}
"""How a gate's limit is read: its type, least and most, and the words for them."""


def read_gate(given: Callable[[str], str]) -> Gate:
    """Return the limits that are given.

    Args:
        given: what is written for a limit, by its name; empty for nothing.

    Raises:
        pytest.UsageError: a limit that is out of range, or no number.
    """
    texts = {name: given(name) for name in LIMITS}
    return Gate(**{name: _limit(name, text) for name, text in texts.items() if text})


def _limit(name: str, text: str) -> Any:
    kind, least, most, allowed = LIMITS[name]
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or not least <= value <= (value if most is None else most):
        raise pytest.UsageError(f"--kv-{name.replace('_', '-')}={text} is not {allowed}.")
    return value
