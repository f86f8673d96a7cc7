"""Fenced blocks of Markdown, as models write them."""

from __future__ import annotations

from dataclasses import dataclass

import regex

from pytest_kvguard.text.pattern import Pattern

__all__ = ["Fence", "fences"]

_OPENING = Pattern(r"(?P<mark>(?<!`)`{3,}+|(?<!~)~{3,}+)[ \t]*+")
_TAG = Pattern(r"\{?\.?(?P<tag>[A-Za-z][\w+./-]{0,40}+)\}?(?=\s|\Z)")
_ONE_LINE_TAG = Pattern(r"(?P<tag>[A-Za-z]\w{0,40}+)(?=[ \t{\[])")


@dataclass(frozen=True)
class Fence:
    """One fenced block.

    Attributes:
        tag: the language after the opening fence, in lowercase; empty without one.
        body: the text between the fences, without the line breaks next to them.
        start, stop: half-open interval of the whole block in its text.
        is_closed: whether a closing fence follows; without one the block reaches to the end.
    """

    tag: str
    body: str
    start: int
    stop: int
    is_closed: bool = True


def fences(text: str) -> list[Fence]:
    """Return the fenced blocks of a text, in order.

    A fence is a run of three or more backticks or tildes; the block ends at a line that ends in the same sign, at least
    as often. Markdown wants both fences on lines of their own, but models also write a block within one line, begin it
    behind the words that introduce it, and end it behind its last line.
    """
    found: list[Fence] = []
    position = 0
    while (opening := _OPENING.search(text, position)) is not None:
        line_end = _line_end(text, opening.end())
        fence = _one_line(text, opening, line_end) or _several_lines(text, opening, line_end)
        if fence is None:
            position = line_end
        else:
            found.append(fence)
            position = fence.stop
    return found


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return end if end >= 0 else len(text)


def _one_line(text: str, opening: regex.Match[str], line_end: int) -> Fence | None:
    """Return a block that ends in the line in which it begins."""
    mark = opening["mark"]
    end = text.find(mark, opening.end(), line_end)
    if end < 0:
        return None
    tag = _ONE_LINE_TAG.match(text, opening.end(), end)
    body = text[tag.end() if tag else opening.end() : end].strip()
    return Fence(tag["tag"].lower() if tag else "", body, opening.start(), end + len(mark))


def _several_lines(text: str, opening: regex.Match[str], line_end: int) -> Fence | None:
    mark = opening["mark"]
    sign = mark[0]
    if sign == "`" and text.find("`", opening.end(), line_end) >= 0:  # inline code, not a fence
        return None
    tag = _TAG.match(text, opening.end(), line_end)
    closing = regex.compile(rf"(?m)(?<!{sign}){sign}{{{len(mark)},}}+[ \t]*+\r?$").search(text, line_end)
    body = text[line_end : closing.start() if closing else len(text)]
    stop = closing.end() if closing else len(text)
    return Fence(
        tag["tag"].lower() if tag else "", body.rstrip().lstrip("\r\n"), opening.start(), stop, closing is not None
    )
