"""equals, starts_with, ends_with: compares a whole reply, its beginning or its end; outer whitespace is ignored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_kvguard.verifiers.rule import Rule, quote
from pytest_kvguard.verifiers.text_comparison import TextComparison, mapping_schema, read_value

__all__ = ["RULES"]

_TEXT = {"description": "a text that is not blank, in quotes", "type": "string", "pattern": "\\S"}
VALUE_SCHEMA: dict[str, Any] = {
    "description": "a text in quotes, or {text: …, ignore_case: true, exact: true}",
    "anyOf": [_TEXT, mapping_schema(_TEXT)],
}


def _read(value: Any) -> tuple[str, TextComparison]:
    (text,), comparison = read_value(value)
    return text.strip(), comparison


def _rule(
    name: str, verb: str, observed: Callable[[str, int], str], compare: Callable[[str, str], bool], example: str
) -> Rule:
    def describe(value: Any) -> str:
        expected, comparison = _read(value)
        return f"{verb} {quote(expected)}{comparison.wording}"

    def inspect(text: str, value: Any) -> tuple[bool, str]:
        expected, comparison = _read(value)
        form = comparison.form(expected)
        return compare(form(text).strip(), form(expected).strip()), observed(text.strip(), len(expected))

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
