"""Numbers read exactly as they were written."""

from __future__ import annotations

import re
from fractions import Fraction

__all__ = ["read_fraction"]

MAX_CHARACTERS = 100
MAX_EXPONENT = 400
"""Beyond the range of floats. ``Fraction("1e999999999")`` would write out a billion digits."""

_EXPONENT = re.compile(r"[eE][-+]?([\d_]+)\s*\Z")


def read_fraction(text: str) -> Fraction:
    """Return a number exactly as written: ``0.5``, ``1/3`` or ``5e-1``.

    Raises:
        ValueError: it is no number, or so long that to work it out would take for ever.
        ZeroDivisionError: it is a fraction of zero.
    """
    exponent = _EXPONENT.search(text[-MAX_CHARACTERS:])
    if len(text) > MAX_CHARACTERS or (exponent and int(exponent[1].replace("_", "") or 0) > MAX_EXPONENT):
        raise ValueError(f"{text[:20]!r}… is too long a number")
    return Fraction(text.strip())
