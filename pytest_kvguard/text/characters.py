"""How many characters a text has, as people see them."""

from __future__ import annotations

from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.text.segments import count_clusters

__all__ = ["count_characters"]

_INVISIBLE = Pattern(r"[\u200B\u2060\uFEFF]")


def count_characters(text: str) -> int:
    """Count the characters of a text without the whitespace around it.

    A letter with its marks, an emoji of several parts and a line break are one character each.
    """
    text = text.strip().replace("\r\n", "\n")
    return len(text) if text.isascii() else count_clusters(_INVISIBLE.sub("", text))
