"""Calls written as JSON behind a mark: a tag, a special token or a word that says that a call follows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.verifiers.tool_syntax.call import Found, ToolCall, unreadable
from pytest_kvguard.verifiers.tool_syntax.objects import calls_in
from pytest_kvguard.verifiers.tool_syntax.python_calls import calls_in_expression
from pytest_kvguard.verifiers.tool_syntax.source import Reader, Source

__all__ = ["behind"]

_FENCE = r"(?:`{3,}+[ \t]*+\w*+\s*+)?+"
_NEXT = Pattern(r"[\s,;]*+(?=[{\[])")
_TAIL = Pattern(r"\s*+(?:`{3,}+\s*+)?+(?:</?[\w|｜/▁:]++>)?+")
_ENDS_OF_CODE = (Pattern(r"<[|/]"), Pattern(r"\n"))
_EMPTY = Pattern(r"\[\s*+\]")
MAX_PYTHON = 20_000
MAX_MARKS = 500


def behind(mark: str, but: frozenset[str] = frozenset()) -> Reader:
    """Return a reader of the calls that follow a mark.

    Args:
        mark: a regular expression.
        but: names in this syntax that stand for calling no tool.
    """
    start = Pattern(rf"(?:{mark})\s*+{_FENCE}(?P<body>)(?=[\[{{\w])")

    def read(source: Source) -> Iterator[Found]:
        text = source.text
        for begin in islice(start.finditer(text), MAX_MARKS):
            calls, stop = _objects_at(source, begin.start("body"))
            if not calls:
                calls, stop = _python_at(text, begin.start("body"))
            if not calls and text[begin.start("body")] in "[{" and not _EMPTY.match(text, begin.start("body")):
                calls, stop = [unreadable("")], len(text)
            if calls:
                yield Found(begin.start(), stop, tuple(call for call in calls if call.name not in but))
            if stop == len(text):
                return

    return read


def _objects_at(source: Source, position: int) -> tuple[list[ToolCall], int]:
    """Return the calls in the objects that follow each other from a position on, and where they end."""
    calls: list[ToolCall] = []
    while (following := _NEXT.match(source.text, position)) is not None:
        read = source.value_at(following.end())
        inside = [] if read is None else list(calls_in(read[0], source.tools, is_marked=True))
        if read is None or not inside:
            break
        calls += inside
        position = read[1]
    tail = _TAIL.match(source.text, position) if calls else None
    return calls, tail.end() if tail else position


def _python_at(text: str, position: int) -> tuple[list[ToolCall], int]:
    """Return the calls in the Python code up to the next tag, or in the line."""
    for end in _ENDS_OF_CODE:
        stop = end.search(text, position)
        until = stop.start() if stop else len(text)
        calls = list(calls_in_expression(text[position : min(until, position + MAX_PYTHON)]))
        if calls:
            return calls, until
    return [], position
