"""What stands fast of a text that is still being written."""

from __future__ import annotations

import regex

__all__ = ["settled_words", "undecided"]

_SETTLED = regex.compile(r".*\s", regex.DOTALL)


def settled_words(prefix: str) -> str:
    """Return a text up to its last whitespace; the word after that may go on ("river", "rivers")."""
    found = _SETTLED.match(prefix)
    return found.group() if found else ""


def undecided(prefix: str, value: object) -> None:
    """Decide nothing: only the whole text tells."""
