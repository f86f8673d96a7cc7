"""regex, not_regex: checks that a pattern matches somewhere in the reply, or nowhere."""

from __future__ import annotations

from typing import Any

from pytest_kvguard.text.normalise import canonical
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


def _match(text: str, value: Any) -> str | None:
    pattern = _pattern(value)
    # Who asks for a carriage return sees them; for all others, line breaks and accents have one form.
    if r"\r" not in pattern:
        pattern, text = canonical(pattern), canonical(text)
    return timed_search(pattern, text, isinstance(value, dict) and value.get("ignore_case", False))


def _inspect(text: str, value: Any) -> tuple[bool, str]:
    match = _match(text, value)
    return match is not None, "no match in the reply" if match is None else f"{quote(match)} matches"


def _inspect_none(text: str, value: Any) -> tuple[bool, str]:
    matches, observed = _inspect(text, value)
    return not matches, observed


def _problem(value: Any) -> str | None:
    return pattern_problem(_pattern(value))


RULES = (
    Rule(
        "not_regex",
        VALUE_SCHEMA,
        lambda value: f"does not match {quote(_pattern(value))}",
        _inspect_none,
        problem=_problem,
        example=r"(?i)\bas an ai\b",
    ),
    Rule(
        "regex",
        VALUE_SCHEMA,
        lambda value: f"matches {quote(_pattern(value))}",
        _inspect,
        problem=_problem,
        example=r"\d:\d\d",
    ),
)
