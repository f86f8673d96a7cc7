"""regex: checks that a pattern matches somewhere in the reply."""

from __future__ import annotations

from typing import Any

from pytest_kvguard.verifiers.rule import Rule, quote
from pytest_kvguard.verifiers.timed_regex import pattern_problem, timed_search

__all__ = ["RULES"]

_PATTERN = {
    "description": "a regular expression in quotes, at most 1000 characters",
    "type": "string",
    "minLength": 1,
    "maxLength": 1000,
}
VALUE_SCHEMA: dict[str, Any] = {
    "description": "a regular expression in quotes, or {pattern: …, ignore_case: true}",
    "anyOf": [
        _PATTERN,
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["pattern"],
            "properties": {"pattern": _PATTERN, "ignore_case": {"description": "true or false", "type": "boolean"}},
        },
    ],
}


def _pattern(value: Any) -> str:
    return str(value["pattern"] if isinstance(value, dict) else value)


def _describe(value: Any) -> str:
    return f"matches {quote(_pattern(value))}"


def _inspect(text: str, value: Any) -> tuple[bool, str]:
    ignore_case = isinstance(value, dict) and value.get("ignore_case", False)
    match = timed_search(_pattern(value), text, ignore_case)
    return match is not None, "no match in the reply" if match is None else f"{quote(match)} matches"


RULES = (
    Rule(
        "regex",
        VALUE_SCHEMA,
        _describe,
        _inspect,
        problem=lambda value: pattern_problem(_pattern(value)),
        example=r"\d:\d\d",
    ),
)
