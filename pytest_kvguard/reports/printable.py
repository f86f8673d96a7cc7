"""Untrusted text in printable form: model output must not steer a terminal or a CI runner that reads the log."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["printable", "printable_in_colour", "without_commands"]

_LINE_COMMAND = re.compile(r"^(\s*):(?=:)", re.MULTILINE)
"""``::error::`` is a command to a GitHub runner, but only at the start of a line."""

_COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")

_BRACKET_COMMAND = re.compile(r"#(?=#\w*\[)")
"""``##[error]``, ``##vso[…]`` and ``##teamcity[…]`` are commands to CI runners, anywhere in a line."""


def printable(text: str) -> str:
    r"""Return ``text`` with control and formatting characters written as ``\xNN``; line breaks and tabs stay.

    The first sign of every command to a CI runner is written in the same way.
    """
    return without_commands("".join(_visible(char) for char in text))


def printable_in_colour(text: str) -> str:
    """Return ``text`` in printable form, except for colour codes, which pytest's own messages hold."""
    return without_commands(
        "".join(part if _COLOUR.fullmatch(part) else printable(part) for part in _COLOUR.split(text))
    )


def without_commands(text: str) -> str:
    r"""Return ``text`` with the first sign of every command to a CI runner written as ``\x3a`` or ``\x23``."""
    return _BRACKET_COMMAND.sub(r"\\x23", _LINE_COMMAND.sub(r"\1\\x3a", text))


def _visible(char: str) -> str:
    if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}:
        return char
    return f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}"
