"""Parsers of the tool calls that models write as text: JSON objects of several shapes, or Python calls."""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import regex

__all__ = ["ToolCall", "tool_calls"]

MAX_CHARACTERS = 100_000
MAX_STARTS = 200
"""The most brackets at which JSON is tried, so that a reply of nothing but brackets does not take forever."""

_ARGUMENT_KEYS = ("arguments", "parameters", "args", "input")
_BRACKET = regex.compile(r"[{\[]")
_FENCE = regex.compile(r"```\w*\n(.*?)```", regex.DOTALL)
_DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class ToolCall:
    """One call: a tool's name and its arguments by name."""

    name: str
    arguments: Mapping[str, Any]


def tool_calls(text: str) -> list[ToolCall]:
    """Return the tool calls of a reply, in order.

    A call is a JSON object with a ``name`` (or ``function``) and ``arguments`` (or ``parameters``, ``args``, ``input``)
    anywhere in the reply, also inside ``function`` or ``tool_calls``, and within any tags or fences. If there is none,
    the reply and its fences are read as Python calls, ``[weather(city="Oslo")]``.
    """
    text = text[:MAX_CHARACTERS]
    json_calls = [call for value in _json_values(text) for call in _calls_in(value)]
    return json_calls or [call for piece in (text, *_FENCE.findall(text)) for call in _python_calls(piece)]


def _json_values(text: str) -> Iterator[Any]:
    """Yield the outermost JSON objects and arrays of a text."""
    position = 0
    for _ in range(MAX_STARTS):
        start = _BRACKET.search(text, position)
        if start is None:
            return
        try:
            value, position = _DECODER.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            position = start.end()
        else:
            yield value


def _calls_in(value: Any) -> Iterator[ToolCall]:
    if isinstance(value, list):
        for item in value:
            yield from _calls_in(item)
    elif isinstance(value, dict):
        arguments = next((_arguments(value[key]) for key in _ARGUMENT_KEYS if key in value), None)
        name = value.get("name", value.get("function"))
        if isinstance(name, str) and arguments is not None:
            yield ToolCall(name, arguments)
        else:
            yield from (call for key in ("function", "tool_calls") for call in _calls_in(value.get(key)))


def _arguments(value: Any) -> Mapping[str, Any] | None:
    """Return arguments as a map; some APIs write them as JSON in a string."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) else None


def _python_calls(text: str) -> Iterator[ToolCall]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            body = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in body.elts if isinstance(body, ast.List | ast.Tuple) else (body,):
        call = _python_call(node)
        if call is not None:
            yield call


def _python_call(node: ast.expr) -> ToolCall | None:
    if not isinstance(node, ast.Call) or node.args or not isinstance(node.func, ast.Name | ast.Attribute):
        return None
    try:
        arguments = {keyword.arg: ast.literal_eval(keyword.value) for keyword in node.keywords if keyword.arg}
        return ToolCall(ast.unparse(node.func), arguments)
    except (ValueError, RecursionError):
        return None
