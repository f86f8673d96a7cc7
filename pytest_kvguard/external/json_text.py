"""JSON written by others: read within Python's limits, with one kind of error for whatever is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

__all__ = ["read_json"]


def read_json(
    text: str | bytes,
    parse_float: Callable[[str], Any] | None = None,
    parse_constant: Callable[[str], Any] | None = None,
) -> Any:
    """Return the value that a JSON text holds.

    Args:
        text: the text.
        parse_float: called with the text of each number that has a fraction or an exponent.
        parse_constant: called with ``NaN``, ``Infinity`` or ``-Infinity`` where one stands.

    Raises:
        ValueError: it is not JSON, or nests deeper than Python can read.
    """
    try:
        return json.loads(text, parse_float=parse_float, parse_constant=parse_constant)
    except RecursionError:
        raise ValueError("it is nested too deeply to be read") from None
