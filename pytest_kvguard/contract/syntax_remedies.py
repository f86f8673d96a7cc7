"""Remedies for text that YAML takes for syntax, by what its parser says and by the line."""

from __future__ import annotations

import re

__all__ = ["syntax_remedy"]

_QUOTE = "Put the text in quotes, or on lines of its own below '|'."
_GENERAL = (
    "Check the indentation, and quote texts that contain ': ' or ' #', begin with a sign such as @ or [, "
    "or have a '?' within { }."
)
_SIGN = re.compile(r"found character '(.+?)' that cannot start any token")
_REMEDIES = (
    (
        r"unknown escape character|expected escape sequence",
        "In double quotes a backslash begins an escape: write \\\\ for a backslash, or use single quotes.",
    ),
    (r"expected alphabetic or numeric character", f"A text cannot begin with '*', '&' or '!'. {_QUOTE}"),
    (
        r"expected a comment or a line break",
        "The text of '|' and '>' begins on the next line. Move it there, indented.",
    ),
    (r"expected chomping or indentation", "The text of '|' and '>' begins on the next line. Move it there, indented."),
    (
        r"unexpected end of stream",
        'A quote is not closed. Close it; within \'…\' an apostrophe is written twice, within "…" a quote as \\".',
    ),
    (
        r"expected <block end>, but found '<scalar>'",
        "There is text behind a quote or bracket. Quote the whole text; within '…' an apostrophe is written twice, "
        'within "…" a quote as \\".',
    ),
)


def syntax_remedy(problem: str, line: str) -> str:
    """Return what to do about a syntax error.

    Args:
        problem: the parser's words.
        line: the line of the file at which it stopped.
    """
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "The line is indented with a tab; YAML allows only spaces. Replace the tab with spaces."
    if sign := _SIGN.search(problem):
        return _of_sign(sign[1])
    return next((remedy for pattern, remedy in _REMEDIES if re.search(pattern, problem)), _GENERAL)


def _of_sign(sign: str) -> str:
    if sign in ("\\t", "\t"):
        return "A tab stands outside of quotes. Replace it with spaces, or put the text in quotes."
    return f"An unquoted text cannot begin with a sign such as @ or {sign}. {_QUOTE}"
