"""JSON written by others: read within Python's limits, with one kind of error for whatever is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import isinf
from typing import Any

__all__ = ["read_json", "read_strict_json"]


def read_json(
    text: str | bytes,
    parse_float: Callable[[str], Any] | None = None,
    parse_constant: Callable[[str], Any] | None = None,
    parse_pairs: Callable[[list[tuple[str, Any]]], Any] | None = None,
) -> Any:
    """Return the value that a JSON text holds.

    Args:
        text: the text.
        parse_float: called with the text of each number that has a fraction or an exponent.
        parse_constant: called with ``NaN``, ``Infinity`` or ``-Infinity`` where one stands.
        parse_pairs: called with the keys and values of each object, in order.

    Raises:
        ValueError: it is not JSON, or nests deeper than Python can read.
    """
    try:
        return json.loads(text, parse_float=parse_float, parse_constant=parse_constant, object_pairs_hook=parse_pairs)
    except RecursionError:
        raise ValueError("it is nested too deeply to be read") from None


def read_strict_json(text: str) -> Any:
    """Return the value of a JSON text that every reader understands in the same way.

    Raises:
        ValueError: as ``read_json``; or a number is NaN, infinite or too large, or an object has a key twice.
    """
    return read_json(text, _finite, _refuse_constant, _distinct)


def _finite(number: str) -> float:
    value = float(number)
    if isinf(value):
        raise ValueError(f"the number {number[:30]} is too large for most readers")
    return value


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys: set[str] = set()
    for key, _ in pairs:
        if key in keys:
            raise ValueError(f"the key {key[:30]!r} occurs twice in one object, and readers differ on which one counts")
        keys.add(key)
    return dict(pairs)
