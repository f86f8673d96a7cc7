"""tool_call, no_tool_call: checks that the reply calls a tool with certain arguments, or calls none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_kvguard.verifiers.json_schema import schema_complaint, schema_problem
from pytest_kvguard.verifiers.rule import Rule, quote
from pytest_kvguard.verifiers.tool_syntax import ToolCall, tool_calls

__all__ = ["RULES", "named_tools", "with_tools"]

_NAME = {"description": "the name of a tool, in quotes", "type": "string", "pattern": "\\S"}
_TOOLS = {
    "description": "a list of names of tools",
    "type": "array",
    "minItems": 1,
    "uniqueItems": True,
    "items": _NAME,
}
VALUE_SCHEMA: dict[str, Any] = {
    "description": "true, the name of a tool, {name: …, arguments: {…}, schema: …} or {tools: [names]}",
    "anyOf": [
        {"const": True},
        _NAME,
        {
            "type": "object",
            "additionalProperties": False,
            "anyOf": [{"required": ["name"]}, {"required": ["tools"]}],
            "properties": {
                "name": _NAME,
                "arguments": {
                    "description": "a map from argument to the value it must have",
                    "type": "object",
                    "minProperties": 1,
                },
                "schema": {
                    "description": "a JSON Schema that the arguments must satisfy",
                    "type": "object",
                    "minProperties": 1,
                },
                "tools": _TOOLS,
            },
        },
    ],
}
NONE_SCHEMA: dict[str, Any] = {
    "description": "true, or {tools: [names]}",
    "anyOf": [
        {"const": True},
        {"type": "object", "additionalProperties": False, "required": ["tools"], "properties": {"tools": _TOOLS}},
    ],
}
NO_CALL = "no call in any syntax it knows"


def named_tools(name: str, value: Any) -> tuple[str, ...]:
    """Return the tools that the value of a check names; of another check none."""
    if name not in ("tool_call", "no_tool_call"):
        return ()
    required = _required_call(value)
    return (*((required["name"],) if "name" in required else ()), *required.get("tools", ()))


def with_tools(name: str, value: Any, tools: Sequence[str]) -> Any:
    """Return the value of a check with further tools that it knows; of another check the value as it is."""
    known = tuple(dict.fromkeys((*named_tools(name, value), *tools)))
    return (
        value if name not in ("tool_call", "no_tool_call") or not known else {**_required_call(value), "tools": known}
    )


def _required_call(value: Any) -> Mapping[str, Any]:
    """Return a value in its long form; a map without ``name`` stands for any tool."""
    return value if isinstance(value, dict) else {} if value is True else {"name": value}


def _complaint(call: ToolCall, required: Mapping[str, Any]) -> str | None:
    """Return how one call differs from the required one, or None."""
    if not call.is_readable:
        return f"a call{f' of {quote(call.name)}' * bool(call.name)} begins that cannot be read"
    if call.name != required.get("name", call.name):
        return f"{quote(call.name)} is called"
    for name, expected in required.get("arguments", {}).items():
        if name not in call.arguments:
            return f"{call.name} has no argument {quote(name)}"
        if not _same(call.arguments[name], expected) and call.texts.get(name, _NO_TEXT) != expected:
            return f"{call.name} has {name}={quote(str(call.arguments[name]))}"
    if "schema" in required:
        complaint = schema_complaint(required["schema"], _as_typed(call, required["schema"]))
        return complaint and f"{call.name} has {complaint}"
    return None


_NO_TEXT = object()
"""Equal to no expected value."""


def _as_typed(call: ToolCall, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the arguments of a call; where the syntax has no types, as text if the schema wants a text."""
    properties = schema.get("properties", {})
    return {**call.arguments, **{name: text for name, text in call.texts.items() if _is_text(properties.get(name))}}


def _is_text(schema: Any) -> bool:
    """Return whether the schema of an argument wants a text; it may be ``true``, which wants nothing."""
    return isinstance(schema, Mapping) and schema.get("type") == "string"


def _same(actual: Any, expected: Any) -> bool:
    # In Python True == 1, but to a tool they are different arguments.
    return type(actual) is type(expected) and bool(actual == expected) or _same_number(actual, expected)


def _same_number(actual: Any, expected: Any) -> bool:
    numbers = all(isinstance(side, int | float) and not isinstance(side, bool) for side in (actual, expected))
    return numbers and bool(actual == expected)


def _describe(value: Any) -> str:
    required = _required_call(value)
    if "name" not in required:
        return "calls a tool"
    arguments = ", ".join(f"{name}={expected!r}" for name, expected in required.get("arguments", {}).items())
    return f"calls {required['name']}({arguments})" + (", arguments as in its schema" if "schema" in required else "")


def _inspect(text: str, value: Any) -> tuple[bool, str]:
    calls = tool_calls(text, named_tools("tool_call", value))
    if not calls:
        return False, "no tool call in the reply"
    complaints = [_complaint(call, _required_call(value)) for call in calls]
    if None in complaints:
        return True, f"{calls[complaints.index(None)].name} is called so"
    return False, "; ".join(dict.fromkeys(filter(None, complaints)))


def _inspect_none(text: str, value: Any) -> tuple[bool, str]:
    calls = tool_calls(text, named_tools("no_tool_call", value))
    if not calls:
        return True, NO_CALL
    readable = calls[0].is_readable
    return False, f"{quote(calls[0].name)} is called" if readable else str(_complaint(calls[0], {}))


def _problem(value: Any) -> str | None:
    return schema_problem(value["schema"]) if isinstance(value, dict) and "schema" in value else None


RULES = (
    Rule("no_tool_call", NONE_SCHEMA, lambda _: "calls no tool", _inspect_none, example=True),
    Rule("tool_call", VALUE_SCHEMA, _describe, _inspect, problem=_problem, example="get_weather"),
)
