"""Untrusted text in Markdown: nothing in it is markup, a link or a mention."""

from __future__ import annotations

import re

from pytest_kvguard.reports.printable import printable

__all__ = ["MOST_CHARACTERS", "escaped", "table_row"]

MOST_CHARACTERS = 300
"""How much of a text is quoted."""


def escaped(text: str) -> str:
    """Return the beginning of a text in one line of character references, so that nothing in it is Markdown or HTML."""
    short = text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]} …"
    return re.sub(r"[^A-Za-z0-9 ]", lambda char: f"&#{ord(char[0])};", printable(short).replace("\n", " "))


def table_row(*cells: str) -> str:
    """Return a row of a table; the cells are Markdown already."""
    return f"| {' | '.join(cells)} |"
