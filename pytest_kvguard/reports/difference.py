"""Two replies side by side, with the words that differ marked."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from pytest_kvguard.reports.printable import printable

__all__ = ["differences", "mark_difference"]

_RED, _GREEN, _OFF = "\033[31m", "\033[32m", "\033[0m"


def mark_difference(baseline: str, compressed: str, color: bool = False) -> tuple[str, str]:
    """Return both replies, with words that only one of them has in ``[-…-]`` and ``{+…+}``, or in colour."""
    left: list[str] = []
    right: list[str] = []
    for same, old, new in differences(baseline, compressed):
        left.append(old if same else _mark(old, "[-", "-]", _GREEN, color))
        right.append(new if same else _mark(new, "{+", "+}", _RED, color))
    return "".join(left), "".join(right)


def differences(baseline: str, compressed: str) -> Iterator[tuple[bool, str, str]]:
    """Yield matching stretches of the two replies, in printable form, and whether they are equal; one may be empty."""
    before, after = _words(printable(baseline)), _words(printable(compressed))
    for tag, a0, a1, b0, b1 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        yield tag == "equal", "".join(before[a0:a1]), "".join(after[b0:b1])


def _words(text: str) -> list[str]:
    return re.findall(r"\s+|\w+|[^\w\s]", text)


def _mark(text: str, opening: str, closing: str, code: str, color: bool) -> str:
    if not text:
        return ""
    return f"{code}{text}{_OFF}" if color else f"{opening}{text}{closing}"
