"""Calls written as JSON objects: which object is a call, and which merely has a name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.verifiers.tool_syntax.call import Found, ToolCall, is_distinctive, is_tool_name, unreadable
from pytest_kvguard.verifiers.tool_syntax.loose_values import value_of_text
from pytest_kvguard.verifiers.tool_syntax.source import Source

__all__ = ["calls_in", "read_objects"]

_START = Pattern(r"\{\s*+[\"']|\[\s*+[\[{]")

_ARGUMENTS: tuple[str, ...] = (
    "arguments",
    "parameters",
    "args",
    "input",
    "params",
    "kwargs",
    "tool_input",
    "tool_args",
)
_ARGUMENTS += ("tool_arguments", "tool_parameters", "action_input", "function_args", "function_arguments")
_TOOL = ("tool", "tool_name", "toolName", "function", "function_name", "action")
"""Keys that say that their value is a tool; ``name`` alone does not."""

_BESIDE = ("call_id", "id", "index", "tool_call_id", "type")
_BESIDE_TOOL = (*_BESIDE, "explanation", "rationale", "reason", "reasoning", "thought", "thoughts")
"""Keys that may stand beside the tool and its arguments."""

_HOLDERS: tuple[str, ...] = (
    "function",
    "function_call",
    "function_calls",
    "tool_call",
    "tool_calls",
    "toolCalls",
    "tool_use",
)
_HOLDERS += ("tool_uses", "functionCall", "toolUse")
"""Keys whose values are calls."""

_CALL_TYPES = ("function_call", "tool_call", "tool_use")
_HINT = Pattern(rf"[\"'](?:{'|'.join((*_ARGUMENTS, *_HOLDERS))})[\"']")
"""A key that every call of an unknown tool has."""

_BEGUN = Pattern(
    rf"\{{\s*+[\"'](?:name|{'|'.join(_TOOL)})[\"']\s*+:\s*+[\"'](?P<name>[^\"'\\]++)[\"']\s*+,"
    rf"\s*+[\"'](?:{'|'.join(_ARGUMENTS)})[\"']\s*+:"
)
"""How a call begins, whether or not it can be read to its end."""

MAX_DEPTH = 50


def read_objects(source: Source) -> Iterator[Found]:
    """Yield the calls in JSON objects and Python dictionaries anywhere in a reply."""
    if _HINT.search(source.text) is None and not any(tool in source.text for tool in source.tools):
        return
    position = 0
    while (start := _START.search(source.text, position)) is not None:
        read = source.value_at(start.start())
        if read is None:
            begun = _BEGUN.match(source.text, start.start())
            if begun is not None and begun["name"] in source.tools:
                yield Found(start.start(), len(source.text), (unreadable(begun["name"]),))
                return
            position = start.start() + 1
            continue
        value, position = read
        calls = tuple(calls_in(value, source.tools))
        if calls:
            yield Found(start.start(), position, calls)


def calls_in(value: Any, tools: frozenset[str], is_marked: bool = False, depth: int = 0) -> Iterator[ToolCall]:
    """Yield the calls in a value, also those within other objects and lists.

    Args:
        value: read from JSON.
        tools: names of tools that the contract knows.
        is_marked: whether the value stands where only calls stand, so that a name is enough.
        depth: of the value in the whole.
    """
    if depth > MAX_DEPTH:
        return
    if isinstance(value, list):
        for item in value:
            yield from calls_in(item, tools, is_marked, depth + 1)
    elif isinstance(value, dict):
        call = _call(value, tools, is_marked) or _keyed_call(value, tools)
        if call is not None:
            yield call
        elif not _is_definition(value):
            for key, inner in value.items():
                yield from calls_in(inner, tools, key in _HOLDERS, depth + 1)


def _call(value: Mapping[str, Any], tools: frozenset[str], is_marked: bool) -> ToolCall | None:
    """Return the call that an object is, or None."""
    if _is_definition(value):
        return None
    tool_key = next((key for key in _TOOL if isinstance(value.get(key), str)), None)
    key = next((key for key in _ARGUMENTS if key in value), None)
    arguments = {} if key is None else _arguments(value[key])
    if arguments is None:
        return None
    name = value.get("name") if tool_key is None or isinstance(value.get("name"), str) else value[tool_key]
    if not isinstance(name, str) or not name.strip():
        return None
    is_call = (
        (is_marked or value.get("type") in _CALL_TYPES or (value.get("type") == "function" and key is not None))
        or (name in tools and (key is not None or set(value) <= {"name", "tool", *_BESIDE}))
        or (tool_key is not None and _is_explicit(value, tool_key, name, key))
        or (key == "arguments" and is_distinctive(name) and set(value) <= {"name", key, *_BESIDE})
    )
    return ToolCall(name, arguments) if is_call else None


def _keyed_call(value: Mapping[str, Any], tools: frozenset[str]) -> ToolCall | None:
    """Return the call that an object such as ``{"weather": {"city": "Oslo"}}`` is, if it names a known tool alone."""
    ((name, arguments),) = value.items() if len(value) == 1 else [("", None)]
    return ToolCall(name, arguments) if name in tools and isinstance(arguments, dict) else None


def _is_explicit(value: Mapping[str, Any], tool_key: str, name: str, key: str | None) -> bool:
    """Return whether an object calls its name a tool and has arguments for it, and little else."""
    if key is None or not is_tool_name(name) or "name" in value:
        return False
    if tool_key == "action" and key not in ("action_input", "arguments", "tool_input"):
        return False
    return set(value) <= {tool_key, key, *_BESIDE_TOOL}


def _is_definition(value: Mapping[str, Any]) -> bool:
    """Return whether an object describes a tool, with a JSON Schema in the place of arguments."""
    schemas = (value.get(key) for key in ("parameters", "input_schema", "inputSchema"))
    return any(isinstance(schema, dict) and isinstance(schema.get("properties"), dict) for schema in schemas)


def _arguments(value: Any) -> Mapping[str, Any] | None:
    """Return arguments as a map; some APIs write them as JSON in a text. None if they are no map."""
    if isinstance(value, str):
        value = value_of_text(value)
    if value is None or (isinstance(value, str) and not value.strip()):
        return {}
    return value if isinstance(value, dict) else None
