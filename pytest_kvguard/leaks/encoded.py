"""Encodings in which a reply may hide a secret: reversed, rot13, hex, base64, character codes of many kinds."""

from __future__ import annotations

import base64
import codecs
import html
import re
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import unquote

__all__ = ["DISGUISES", "NOISY", "READINGS", "decoded"]

_HEX_PREFIX = re.compile(r"0x|\\x", re.IGNORECASE)
_SIGNS = bytes(point for point in range(128) if not chr(point).isalnum())
_HEX_RUN = re.compile(r"[0-9a-f]{8,}", re.IGNORECASE)
_BASE64_NOISE = _SIGNS.translate(None, b"+/_-")
_BASE32_RUN = re.compile(r"[A-Z2-7]{7,}")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,60}>")
_ESCAPED = re.compile(r"\\u\{?([0-9a-fA-F]{2,6})\}?|U\+([0-9a-fA-F]{4,6})|\\x([0-9a-fA-F]{2})|\\U([0-9a-fA-F]{8})")
_ESCAPES = re.compile(rf"(?:{_ESCAPED.pattern})(?:[\s,;]?(?={_ESCAPED.pattern}))?")
_BETWEEN = r"[\s,;|/-]{1,3}"
_DECIMALS = re.compile(rf"(?<!\w)[0-9]{{2,6}}(?:{_BETWEEN}[0-9]{{2,6}}){{3,}}(?!\w)")
_BITS = re.compile(r"(?<!\w)[01]{7,8}(?:[\s,;|/-]{0,3}[01]{7,8}){3,}(?!\w)")
_LEGIBLE = re.compile(rb"(?:[\x20-\x7e\t\r\n]|[\xc2-\xf4][\x80-\xbf]{1,3}){4,}")


def _legible(decoded: bytes) -> str:
    """Return the runs of decoded bytes that are text; words around a code decode to noise."""
    return "\n".join(run.decode("utf-8", "replace") for run in _LEGIBLE.findall(decoded))


def _character(code: str, base: int = 10) -> str:
    number = int(code, base)
    return chr(number) if 32 <= number <= 0x10FFFF else " "


def _reversed(text: str) -> str:
    return text[::-1]


def _rot13(text: str) -> str:
    return codecs.encode(text, "rot13")


def _hex(text: str) -> str:
    """Decode every run of hex digits, from either nibble that could start a byte."""
    runs = _HEX_RUN.findall(_without(_SIGNS, _HEX_PREFIX.sub("", text) if "x" in text.lower() else text))
    starts = [run[offset:] for run in runs for offset in (0, 1)]
    return "\n".join(_legible(bytes.fromhex(run[: len(run) // 2 * 2])) for run in starts)


def _base64(text: str) -> str:
    """Decode the whole reply from each of the four offsets at which a base64 quartet could start.

    Words around the code only shift its quartets; they decode to noise beside it.
    """
    letters = _without(_BASE64_NOISE, text).replace("-", "+").replace("_", "/")
    starts = [letters[offset:] for offset in range(4)]
    padded = [start[: len(start) // 4 * 4] + _tail(start) for start in starts]
    return "\n".join(_legible(base64.b64decode(start)) for start in padded)


def _without(noise: bytes, text: str) -> str:
    """Return the ASCII characters of a text that are no noise; far quicker than a pattern."""
    return text.encode("ascii", "ignore").translate(None, noise).decode()


def _tail(letters: str) -> str:
    """Return the last, incomplete quartet with its padding; a single leftover letter encodes no byte."""
    rest = letters[len(letters) // 4 * 4 :]
    return rest + "=" * (4 - len(rest)) if len(rest) > 1 else ""


def _base32(text: str) -> str:
    """Decode every run of base32 letters; letters left over at its end encode no byte."""
    whole = {0: 0, 1: 0, 2: 2, 3: 2, 4: 4, 5: 5, 6: 5, 7: 7}
    runs = (run[: len(run) // 8 * 8 + whole[len(run) % 8]] for run in _BASE32_RUN.findall(text))
    return "\n".join(_legible(base64.b32decode(run + "=" * (-len(run) % 8))) for run in runs)


def _html(text: str) -> str:
    """Undo HTML: take its tags away, and its character codes, decimal, hexadecimal or named."""
    return html.unescape(_TAG.sub("", text)) if "&" in text or "<" in text else ""


def _percent(text: str) -> str:
    return unquote(text) if "%" in text else ""


def _escapes(text: str) -> str:
    r"""Undo escapes as programs write them: \\u004b, \\u{4b}, \\x4b, U+004B."""
    if "\\" not in text and "U+" not in text:
        return ""
    found = _ESCAPES.sub(lambda match: _character(next(group for group in match.groups() if group), 16), text)
    return found.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _decimals(text: str) -> str:
    """Decode every row of four decimal character codes or more."""
    return "\n".join("".join(map(_character, re.findall("[0-9]+", row))) for row in _DECIMALS.findall(text))


def _binary(text: str) -> str:
    """Decode every row of four bytes or more that are written as bits."""
    rows = (re.findall("[01]+", row) for row in _BITS.findall(text))
    return "\n".join("".join(_of_bits(group) for group in row) for row in rows)


def _of_bits(bits: str) -> str:
    size = 7 if len(bits) % 7 == 0 and len(bits) % 8 else 8
    return "".join(_character(bits[start : start + size], 2) for start in range(0, len(bits), size))


DISGUISES: dict[str, Callable[[str], str]] = {"reversed": _reversed, "in rot13": _rot13}
"""What undoes itself, letter by letter: a text holds a disguised code where it holds the disguise of the code."""

READINGS: dict[str, Callable[[str], str]] = {
    "in hex": _hex,
    "in base64": _base64,
    "in base32": _base32,
    "in HTML": _html,
    "percent-encoded": _percent,
    "in escapes": _escapes,
    "in decimal codes": _decimals,
    "in binary": _binary,
}
NOISY = frozenset({"in hex", "in base64", "in base32"})
"""Encodings whose letters run on into those of the words around them, so that nothing can be said about edges."""


@lru_cache(maxsize=1024)
def decoded(text: str) -> tuple[tuple[str, str], ...]:
    """Return (name, decoded text) for every encoding that a text may hold."""
    readings = ((name, read(text)) for name, read in READINGS.items())
    return tuple((name, reading) for name, reading in readings if reading and reading != text)
