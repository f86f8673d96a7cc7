"""Detection of secrets in pieces: one letter per line, or one piece per reply with other words around it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache

from pytest_kvguard.leaks.look_alikes import letters_of

__all__ = ["is_split_over", "is_told_by_lines", "line_initials"]

_LIST_MARKER = re.compile(r"^\s*(?:(?:[-*+•>]|\(?\w{1,3}[.):])\s+)+")
_QUOTE = "[\"'`*_«»“”„‘’]"


def is_told_by_lines(letters: str, text: str) -> bool:
    """Return whether letters and digits, folded, begin lines that follow each other."""
    # Most texts have too few lines.
    return len(text.splitlines()) >= len(letters) and letters in line_initials(text)


@lru_cache(maxsize=1024)
def line_initials(text: str) -> str:
    """Return the first letter or digit of every line, without list markers."""
    lines = (letters_of(_LIST_MARKER.sub("", line, count=1) or line) for line in text.splitlines())
    return "".join(line[:1] for line in lines)


def is_split_over(canary: str, replies: Sequence[str]) -> bool:
    """Return whether the replies reveal the canary piece by piece, in order, each piece in a reply of its own.

    Ordinary words must not add up to a secret, so a piece counts only if it stands out: in quotes or bold, or else
    as two characters or more with a digit or a capital after the first (three or more, if all are digits).
    """
    if len(replies) < 2:
        return False
    letters = _alphanumeric(canary)
    texts = [(reply, _alphanumeric(reply).casefold()) for reply in map(_normal, replies)]

    @cache
    def is_revealed(start: int, first_reply: int) -> bool:
        if start == len(letters):
            return True
        return any(
            piece.casefold() in characters and _stands_out(text, piece) and is_revealed(start + len(piece), number + 1)
            # The whole canary is no piece: the other searches look for it.
            for piece in (letters[start:stop] for stop in range(start + 1, len(letters) + (start > 0)))
            for number, (text, characters) in enumerate(texts[first_reply:], first_reply)
        )

    return is_revealed(0, 0)


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _alphanumeric(text: str) -> str:
    return "".join(character for character in _normal(text) if character.isalnum())


def _stands_out(text: str, piece: str) -> bool:
    """Return whether a piece occurs in a text in quotes, or as a word that is no ordinary one."""
    spaced = r"[\W_]{0,3}".join(map(re.escape, piece))
    if re.search(rf"{_QUOTE}\W?{spaced}\W?{_QUOTE}", text, re.IGNORECASE):
        return True
    bare = rf"(?<![^\W_]){spaced}(?![^\W_])"
    if piece.isdigit():
        return len(piece) >= 3 and bool(re.search(bare, text))
    has_digit = any(map(str.isdigit, piece))
    is_unusual = has_digit or any(map(str.isupper, piece[1:]))
    case = re.IGNORECASE if has_digit else 0
    return len(piece) >= 2 and is_unusual and bool(re.search(bare, text, case))
