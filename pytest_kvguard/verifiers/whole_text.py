"""equals, starts_with, ends_with: how a reply begins, ends, or reads as a whole; outer whitespace is ignored."""

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


def _wanted(value: Any) -> tuple[str, bool]:
    if isinstance(value, dict):
        return value["text"].strip(), value.get("ignore_case", False)
    return value.strip(), False


def _folded(text: str, ignore_case: bool) -> str:
    return text.strip().casefold() if ignore_case else text.strip()


def _rule(
    name: str, verb: str, observed: Callable[[str, int], str], compare: Callable[[str, str], bool], example: str
) -> Rule:
    def describe(value: Any) -> str:
        wanted, ignore_case = _wanted(value)
        return f"{verb} {quote(wanted)}" + (" in any case" if ignore_case else "")

    def inspect(text: str, value: Any) -> tuple[bool, str]:
        wanted, ignore_case = _wanted(value)
        holds = compare(_folded(text, ignore_case), _folded(wanted, ignore_case))
        return holds, observed(text.strip(), len(wanted))

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
