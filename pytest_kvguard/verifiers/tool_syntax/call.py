"""A tool call, the place where it stands in a reply, and the reader that finds it there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import regex

from pytest_kvguard.text.pattern import Pattern

__all__ = ["Found", "ToolCall", "is_distinctive", "is_tool_name", "unreadable"]

_NAME = Pattern(r"[^\W\d][\w.:/-]{0,127}")
_DISTINCTIVE = Pattern(r"[a-z].*|.+[\p{Lu}_.\d-].*", regex.DOTALL)


@dataclass(frozen=True)
class ToolCall:
    """One call.

    Attributes:
        name: the tool.
        arguments: by name.
        texts: the arguments as written, where the syntax does not tell a number from a text of digits.
        is_readable: False for what begins as a call and cannot be read to its end.
    """

    name: str
    arguments: Mapping[str, Any]
    texts: Mapping[str, str] = field(default_factory=dict, compare=False)
    is_readable: bool = True


@dataclass(frozen=True)
class Found:
    """Calls that stand in one half-open interval of a reply."""

    start: int
    stop: int
    calls: tuple[ToolCall, ...]


def unreadable(name: str) -> ToolCall:
    """Return a call of which only the beginning can be read."""
    return ToolCall(name, {}, is_readable=False)


def is_tool_name(text: object) -> bool:
    """Return whether a text can be the name of a tool: one word, as APIs demand it."""
    return isinstance(text, str) and _NAME.fullmatch(text) is not None


def is_distinctive(name: str) -> bool:
    """Return whether a name looks like that of a tool and not of a person or a dish: ``getWeather``, not ``Ann``."""
    return is_tool_name(name) and _DISTINCTIVE.fullmatch(name) is not None
