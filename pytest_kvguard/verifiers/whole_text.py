"""equals, starts_with, ends_with: compares a whole reply, its beginning or its end; outer whitespace is ignored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_kvguard.verifiers.rule import Rule, quote

__all__ = ["RULES"]

_TEXT = {"description": "a text that is not blank, in quotes", "type": "string", "pattern": "\\S"}
VALUE_SCHEMA: dict[str, Any] = {
    "description": "a text in quotes, or {text: …, ignore_case: true}",
    "anyOf": [
        _TEXT,
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["text"],
            "properties": {"text": _TEXT, "ignore_case": {"description": "true or false", "type": "boolean"}},
        },
    ],
}


def _read_value(value: Any) -> tuple[str, bool]:
    """Return the text that a value names, and whether its case is ignored."""
    if isinstance(value, dict):
        return value["text"].strip(), value.get("ignore_case", False)
    return value.strip(), False


def _folded(text: str, ignore_case: bool) -> str:
    return text.strip().casefold() if ignore_case else text.strip()


def _rule(
    name: str, verb: str, observed: Callable[[str, int], str], compare: Callable[[str, str], bool], example: str
) -> Rule:
    def describe(value: Any) -> str:
        expected, ignore_case = _read_value(value)
        return f"{verb} {quote(expected)}" + (" in any case" if ignore_case else "")

    def inspect(text: str, value: Any) -> tuple[bool, str]:
        expected, ignore_case = _read_value(value)
        holds = compare(_folded(text, ignore_case), _folded(expected, ignore_case))
        return holds, observed(text.strip(), len(expected))

    return Rule(name, VALUE_SCHEMA, describe, inspect, example=example)


RULES = (
    _rule("equals", "equals", lambda text, _: f"the reply is {quote(text)}", str.__eq__, example="Yes."),
    _rule(
        "starts_with",
        "starts with",
        lambda text, size: f"it starts with {quote(text[:size])}",
        str.startswith,
        example="Dear",
    ),
    _rule(
        "ends_with", "ends with", lambda text, size: f"it ends with {quote(text[-size:])}", str.endswith, example="Bye!"
    ),
)
