"""API keys: which can be sent, and texts without them."""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode, urlsafe_b64encode
from functools import lru_cache
from urllib.parse import quote, quote_plus, unquote, urlsplit

from pytest_kvguard.errors import UsageError

__all__ = ["hide", "password_in", "require_sendable"]

HIDDEN = "***"
SHORTEST_CUT = 8
"""The fewest characters of a cut-off key that are taken for the key."""
QUOTED_TIMES = 3
"""JSON within JSON, which an error of ours quotes."""

_UNSENDABLE = re.compile(r"[^\x21-\x7e]")
_KINDS = (
    ("a line break", re.compile(r"[\r\n]")),
    ("a space", re.compile(r"\s")),
    ("a control character", re.compile(r"[\x00-\x7f]")),
    ("a character that is not ASCII", re.compile(r".")),
)


def require_sendable(key: str, name: str) -> None:
    """Check a key before any request.

    Args:
        key: the key; may be empty.
        name: where the key comes from, for the error, which does not show the key.

    Raises:
        UsageError: the key has a character that no HTTP header can carry.
    """
    match = _UNSENDABLE.search(key)
    if match is None:
        return
    character = match.group()
    kind = next(kind for kind, characters in _KINDS if characters.match(character))
    raise UsageError(
        f"{name}: the key has {kind} (character {match.start() + 1} of {len(key)}). Allowed are printable ASCII "
        "characters without spaces. Set it again, e.g. without what a file or a copied line added at its end."
    )


def password_in(url: str) -> str:
    """Return the user name and password in a URL, as they are written there; empty if there are none."""
    return urlsplit(url).netloc.rpartition("@")[0]


def hide(text: str, *keys: str) -> str:
    """Return a text with keys replaced by ``***``, in every spelling that errors quote them in, also cut off."""
    spellings = sorted({spelling for key in keys if key for spelling in _spellings(key)}, key=len, reverse=True)
    for spelling in spellings:
        text = text.replace(spelling, HIDDEN)
    for spelling in spellings:
        # Errors quote the beginning of a long answer, which may end within the key.
        for size in range(len(spelling) - 1, SHORTEST_CUT - 1, -1) if spelling[:SHORTEST_CUT] in text else ():
            text = text.replace(spelling[:size], HIDDEN)
    return text


@lru_cache(maxsize=16)
def _spellings(key: str) -> frozenset[str]:
    """Return a key as servers and Python write it, and as they quote such a text in turn."""
    spellings = {key, unquote(key), key.partition(":")[2]}  # of "name:password" the password, too
    for _ in range(QUOTED_TIMES):
        spellings |= {written for spelling in spellings for written in _written(spelling)}
    return frozenset(spellings - {""})


def _written(key: str) -> set[str]:
    content = key.encode(errors="surrogateescape")
    return {
        repr(key)[1:-1],
        repr(content)[2:-1],
        json.dumps(key)[1:-1],
        json.dumps(key, ensure_ascii=False)[1:-1],
        key.replace("'", "\\'"),
        quote(content),
        quote(content, safe=""),
        quote_plus(content),
        html.escape(key),
        content.hex(),
        b64encode(content).decode().rstrip("="),
        urlsafe_b64encode(content).decode().rstrip("="),
    }
