"""Lines and paragraphs, whatever the line breaks: LF, CRLF, CR, and Unicode's own separators."""

from __future__ import annotations

from pytest_kvguard.text.pattern import Pattern

__all__ = ["LINE_BREAKS", "lines", "paragraphs"]

LINE_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""The characters at which ``str.splitlines`` breaks lines."""

_PARAGRAPH_SEPARATOR = "\u2029"
_BLANK = Pattern(r"[\s\u200B-\u200D\u2060\uFEFF]*+")
_RULER = Pattern(r"\s*+([-*_=~])(?:\s*+\1)*+\s*+")


def lines(text: str) -> list[str]:
    """Return the lines of a text that show something."""
    return [line for line in text.splitlines() if not _BLANK.fullmatch(line)]


def paragraphs(text: str) -> list[str]:
    """Return the stretches of lines that blank lines, rulers such as ``---`` or Unicode's paragraph separators part."""
    found: list[list[str]] = [[]]
    for line in text.replace(_PARAGRAPH_SEPARATOR, "\n\n").splitlines():
        if not _BLANK.fullmatch(line) and not _RULER.fullmatch(line):
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return ["\n".join(paragraph) for paragraph in found if paragraph]
