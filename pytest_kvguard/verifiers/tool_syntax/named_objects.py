"""Calls written as a name and a JSON object of arguments behind it."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.verifiers.tool_syntax.call import Found, ToolCall, is_distinctive, unreadable
from pytest_kvguard.verifiers.tool_syntax.source import Reader, Source

__all__ = ["NAME", "named", "read_bare"]

NAME = r"(?P<name>[^\W\d][\w.:/-]*+)"


def named(pattern: str, repeat: str = "") -> Reader:
    """Return a reader of names that are followed by an object.

    Args:
        pattern: a regular expression with the group ``name``, up to the object.
        repeat: what stands before the name of each further call; empty if it is the pattern again.
    """
    start = Pattern(rf"{pattern}\s*+(?=\{{)")
    further = Pattern(rf"{repeat}{NAME}\s*+(?=\{{)") if repeat else None

    def read(source: Source) -> Iterator[Found]:
        text, stop = source.text, 0
        for begin in start.finditer(text):
            if begin.start() < stop:
                continue
            match: regex.Match[str] | None = begin
            while match is not None:
                value = source.value_at(match.end())
                stop = len(text) if value is None else value[1]
                yield Found(match.start(), stop, (_call(match["name"], value),))
                match = further.match(text, stop) if further and value is not None else None

    return read


def _call(name: str, read: tuple[object, int] | None) -> ToolCall:
    return ToolCall(name, read[0]) if read is not None and isinstance(read[0], dict) else unreadable(name)


_BARE = Pattern(rf"\A\s*+(?:>>>\s*+)?+{NAME}(?P<gap>\s*+)(?=\{{)")


def read_bare(source: Source) -> Iterator[Found]:
    """Yield the call that a whole reply is, as ``weather{"city": "Oslo"}`` or with a line break before the object."""
    text = source.text
    begin = _BARE.match(text)
    if begin is None:
        return
    name = begin["name"]
    looks_so = not begin["gap"] and is_distinctive(name) and ("_" in name or "." in name)
    read = source.value_at(begin.end()) if name in source.tools or looks_so else None
    if read is not None and isinstance(read[0], dict) and not text[read[1] :].strip():
        yield Found(begin.start(), len(text), (ToolCall(name, read[0]),))
