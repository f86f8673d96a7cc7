"""json: checks that the reply is a JSON object or array, or satisfies a JSON Schema; a Markdown fence is allowed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import regex
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from pytest_kvguard.errors import UsageError
from pytest_kvguard.verifiers.rule import Rule, quote
from pytest_kvguard.verifiers.timed_regex import pattern_problem, timed_search

__all__ = ["RULES", "schema_complaint", "schema_problem"]

VALUE_SCHEMA: dict[str, Any] = {
    "description": "true, or a JSON Schema the reply must satisfy",
    "anyOf": [{"const": True}, {"type": "object", "minProperties": 1}],
}
_OBJECT_OR_ARRAY = {"type": ["object", "array"]}
_FENCE = regex.compile(r"\A```(?:json)?[ \t]*\n(.*?)\n?```\Z", regex.DOTALL | regex.IGNORECASE)


def _timed_pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and timed_search(pattern, instance) is None:
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


_extend: Any = extend
_Validator: Any = _extend(Draft202012Validator, {"pattern": _timed_pattern})


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def schema_complaint(schema: Any, instance: Any) -> str | None:
    """Return where a value breaks a user's JSON Schema, or None; the schema's patterns run under the time limit.

    Raises:
        UsageError: a reference in the schema cannot be resolved, or a pattern exceeds the time limit.
    """
    # The registry is empty so that no reference makes the run fetch anything.
    validator = _Validator(schema, registry=Registry())
    try:
        worst = best_match(validator.iter_errors(instance))
    except (Unresolvable, RecursionError) as error:
        raise UsageError(
            f"the JSON Schema of a json check cannot be resolved: {type(error).__name__}: {error}. "
            "Use references within the schema only ($ref: '#/$defs/…'), and none that leads to itself."
        ) from error
    return None if worst is None else f"JSON, but {quote(worst.message)} at {worst.json_path}"


def _inspect(text: str, value: Any) -> tuple[bool, str]:
    body = text.strip()
    fenced = _FENCE.match(body)
    try:
        parsed = json.loads(fenced.group(1) if fenced else body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        return False, f"not JSON: {error}"
    complaint = schema_complaint(_OBJECT_OR_ARRAY if value is True else value, parsed)
    return complaint is None, complaint or "such JSON"


def _keywords(schema: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(schema, dict):
        yield from schema.items()
    for child in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from _keywords(child)


def schema_problem(value: Any) -> str | None:
    """Return why a value cannot be used as a JSON Schema, or None."""
    if any(keyword == "patternProperties" for keyword, _ in _keywords(value)):
        return "patternProperties cannot run under a time limit. List the properties by name."
    patterns = [given for keyword, given in _keywords(value) if keyword == "pattern" and isinstance(given, str)]
    unusable = next(filter(None, map(pattern_problem, patterns)), None)
    if unusable is not None:
        return unusable
    try:
        _Validator.check_schema(value)
        schema_complaint(value, {})
    except SchemaError as error:
        return f"not a JSON Schema: {error.message} at {error.json_path}. See https://json-schema.org."
    except UsageError as error:
        return str(error)
    return None


def _problem(value: Any) -> str | None:
    return None if value is True else schema_problem(value)


RULES = (
    Rule(
        "json",
        VALUE_SCHEMA,
        lambda value: "a JSON object or array" if value is True else "JSON that satisfies its schema",
        _inspect,
        problem=_problem,
        example=True,
    ),
)
