"""Untrusted text in printable form: model output must not steer a terminal or a CI runner that reads the log."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

__all__ = ["printable", "printable_in_colour", "without_commands"]

_LINE_COMMAND = re.compile(r"^(\s*):(?=:)", re.MULTILINE)
"""``::error::`` is a command to a GitHub runner, but only at the start of a line."""

_NOT_PLAIN = re.compile(r"[^\n\t -~]")
"""What need not be printable; plain ASCII is by far the most."""

_COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")

_BRACKET_COMMAND = re.compile(r"#(?=#\w*\[)")
"""``##[error]``, ``##vso[…]`` and ``##teamcity[…]`` are commands to CI runners, anywhere in a line."""


def printable(text: str) -> str:
    r"""Return ``text`` with control and formatting characters written as ``\xNN``; line breaks and tabs stay.

    The first sign of every command to a CI runner is written in the same way.
    """
    return without_commands(_NOT_PLAIN.sub(lambda match: _visible(match[0]), text))


@lru_cache(maxsize=4096)
def printable_in_colour(text: str) -> str:
    """Return ``text`` in printable form, except for colour codes, which pytest's own messages hold."""
    if "\x1b" not in text:
        return printable(text)
    return without_commands(
        "".join(part if _COLOUR.fullmatch(part) else printable(part) for part in _COLOUR.split(text))
    )


def without_commands(text: str) -> str:
    r"""Return ``text`` with the first sign of every command to a CI runner written as ``\x3a`` or ``\x23``."""
    if "::" not in text and "##" not in text:
        return text
    return _BRACKET_COMMAND.sub(r"\\x23", _LINE_COMMAND.sub(r"\1\\x3a", text))


def _visible(char: str) -> str:
    if unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}:
        return char
    return f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}"
