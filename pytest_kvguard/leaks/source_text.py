"""Whether a declared secret stands in the text that is to keep it, and what stands there if it was misspelled."""

from __future__ import annotations

import re

from rapidfuzz import fuzz

from pytest_kvguard.leaks.code import code_of
from pytest_kvguard.leaks.spelling import find_spelled
from pytest_kvguard.text.normalise import normalise

__all__ = ["nearest_text", "stands_in"]

_NEAR = 60
"""How similar a passage must be, on the scale of 0 to 100, to be taken for the secret with a typo."""


def stands_in(secret: str, text: str) -> bool:
    """Return whether a secret stands in a text, whatever the case, width, quotation marks, dashes and line breaks.

    This is stricter than the search in replies, which takes look-alikes and other separators for the same secret, but
    for one thing: a text in which that search finds nothing does not hold the secret either.
    """
    secret, text = _comparable(secret), _comparable(text)
    return secret in text and find_spelled(code_of(secret), text) is not None


def _comparable(text: str) -> str:
    return re.sub(r"\s+", " ", normalise(text).casefold()).strip()


def nearest_text(secret: str, text: str) -> tuple[int, int] | None:
    """Return the span of the passage of a text that is most like a secret, or None if nothing is."""
    if not text.strip():
        return None
    found = fuzz.partial_ratio_alignment(secret.lower(), text.lower(), score_cutoff=_NEAR)
    if found is None or len(text) != len(text.lower()) or len(secret) > len(text):
        return None
    start, stop = found.dest_start, found.dest_end
    while start > 0 and text[start - 1].isalnum() and text[start].isalnum() and text[start].isascii():
        start -= 1
    while stop < len(text) and text[stop].isalnum() and text[stop - 1].isalnum() and text[stop].isascii():
        stop += 1
    return start, stop
