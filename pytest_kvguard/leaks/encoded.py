"""Decoders for replies that may hide a secret: reversed, rot13, hex, base64."""

from __future__ import annotations

import base64
import codecs
import re
from collections.abc import Callable

__all__ = ["READINGS"]

_HEX_NOISE = re.compile(r"0x|\\x|[\W_]", re.IGNORECASE)
_HEX_RUN = re.compile(r"[0-9a-f]{8,}", re.IGNORECASE)
_BASE64_NOISE = re.compile(r"[^A-Za-z0-9+/_-]")


def _reversed(text: str) -> str:
    return text[::-1]


def _rot13(text: str) -> str:
    return codecs.encode(text, "rot13")


def _hex(text: str) -> str:
    """Decode every run of hex digits, from either nibble that could start a byte."""
    runs = _HEX_RUN.findall(_HEX_NOISE.sub("", text))
    starts = [run[offset:] for run in runs for offset in (0, 1)]
    return "\n".join(bytes.fromhex(run[: len(run) // 2 * 2]).decode("utf-8", "replace") for run in starts)


def _base64(text: str) -> str:
    """Decode the whole reply from each of the four offsets at which a base64 quartet could start.

    Words around the code only shift its quartets; they decode to noise beside it.
    """
    letters = _BASE64_NOISE.sub("", text).replace("-", "+").replace("_", "/")
    starts = [letters[offset:] for offset in range(4)]
    padded = [start[: len(start) // 4 * 4] + _tail(start) for start in starts]
    return "\n".join(base64.b64decode(start).decode("utf-8", "replace") for start in padded)


def _tail(letters: str) -> str:
    """Return the last, incomplete quartet with its padding; a single leftover letter encodes no byte."""
    rest = letters[len(letters) // 4 * 4 :]
    return rest + "=" * (4 - len(rest)) if len(rest) > 1 else ""


READINGS: dict[str, Callable[[str], str]] = {
    "reversed": _reversed,
    "in rot13": _rot13,
    "in hex": _hex,
    "in base64": _base64,
}
