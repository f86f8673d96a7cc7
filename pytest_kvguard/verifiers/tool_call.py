"""tool_call, no_tool_call: checks that the reply calls a tool with certain arguments, or calls none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_kvguard.verifiers.json_reply import schema_complaint, schema_problem
from pytest_kvguard.verifiers.rule import Rule, quote
from pytest_kvguard.verifiers.tool_syntax import ToolCall, tool_calls

__all__ = ["RULES"]

_NAME = {"description": "the name of a tool, in quotes", "type": "string", "pattern": "\\S"}
VALUE_SCHEMA: dict[str, Any] = {
    "description": "true, the name of a tool, or {name: …, arguments: {…}, schema: …}",
    "anyOf": [
        {"const": True},
        _NAME,
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["name"],
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
            },
        },
    ],
}


def _required_call(value: Any) -> Mapping[str, Any]:
    """Return a value in its long form; an empty map stands for any tool."""
    return value if isinstance(value, dict) else {} if value is True else {"name": value}


def _complaint(call: ToolCall, required: Mapping[str, Any]) -> str | None:
    """Return how one call differs from the required one, or None."""
    if call.name != required.get("name", call.name):
        return f"{quote(call.name)} is called"
    for name, expected in required.get("arguments", {}).items():
        if name not in call.arguments:
            return f"{call.name} has no argument {quote(name)}"
        if not _same(call.arguments[name], expected):
            return f"{call.name} has {name}={quote(str(call.arguments[name]))}"
    if "schema" in required:
        complaint = schema_complaint(required["schema"], call.arguments)
        return complaint and f"{call.name} has {complaint}"
    return None


def _same(actual: Any, expected: Any) -> bool:
    # In Python True == 1, but to a tool they are different arguments.
    return type(actual) is type(expected) and bool(actual == expected) or _same_number(actual, expected)


def _same_number(actual: Any, expected: Any) -> bool:
    numbers = all(isinstance(side, int | float) and not isinstance(side, bool) for side in (actual, expected))
    return numbers and bool(actual == expected)


def _describe(value: Any) -> str:
    required = _required_call(value)
    if not required:
        return "calls a tool"
    arguments = ", ".join(f"{name}={expected!r}" for name, expected in required.get("arguments", {}).items())
    return f"calls {required['name']}({arguments})" + (", arguments as in its schema" if "schema" in required else "")


def _inspect(text: str, value: Any) -> tuple[bool, str]:
    calls = tool_calls(text)
    if not calls:
        return False, "no tool call in the reply"
    complaints = [_complaint(call, _required_call(value)) for call in calls]
    if None in complaints:
        return True, f"{calls[complaints.index(None)].name} is called so"
    return False, "; ".join(dict.fromkeys(filter(None, complaints)))


def _inspect_none(text: str, value: Any) -> tuple[bool, str]:
    calls = tool_calls(text)
    return not calls, f"{quote(calls[0].name)} is called" if calls else "no tool call in the reply"


def _problem(value: Any) -> str | None:
    return schema_problem(value["schema"]) if isinstance(value, dict) and "schema" in value else None


RULES = (
    Rule(
        "no_tool_call", {"description": "true", "const": True}, lambda _: "calls no tool", _inspect_none, example=True
    ),
    Rule("tool_call", VALUE_SCHEMA, _describe, _inspect, problem=_problem, example="get_weather"),
)
