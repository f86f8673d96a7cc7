"""Mistakes in a user's JSON Schema that a validator passes over: misspelt keywords, and what asserts nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pytest_kvguard.errors import suggest
from pytest_kvguard.verifiers.json_formats import FORMATS
from pytest_kvguard.verifiers.schema_keywords import ANNOTATIONS, KEYWORDS, SPOKEN_TYPE, TYPES, Path, schemas_within
from pytest_kvguard.verifiers.timed_regex import pattern_problem

__all__ = ["asserts_nothing", "schema_mistake"]

EXTENSION = "x-"
"""Keys that begin so are notes for other tools, by the custom of OpenAPI."""

_INSTEAD: Mapping[str, str] = {
    "additionalItems": "Write 'items' for what follows 'prefixItems'.",
    "contentEncoding": "It asserts nothing. Write a 'pattern'.",
    "contentMediaType": "It asserts nothing. Write a 'pattern'.",
    "contentSchema": "It asserts nothing. Remove it.",
    "dependencies": "Write 'dependentRequired' or 'dependentSchemas'.",
    "discriminator": "Write 'oneOf' with a 'const' in each of its schemas.",
    "example": "Write 'examples' with a list.",
    "id": "Write '$id'.",
    "nullable": "Write 'type' with a list, e.g. [string, 'null'].",
    "optional": "A property is optional unless 'required' lists it.",
    "patternProperties": "It cannot run under a time limit. List the properties by name.",
    "schema": "The value of the check is itself the schema; write the keywords without it.",
}
"""Keywords of other drafts and dialects, and near misses → what to write instead."""

_PAIRS = (("then", "if"), ("else", "if"), ("minContains", "contains"), ("maxContains", "contains"))
"""A keyword that is ignored without another one."""


def schema_mistake(schema: Any) -> str | None:
    """Return the first mistake in a schema with its place and remedy, or None."""
    if asserts_nothing(schema):
        return (
            "a schema that asserts nothing: every JSON value satisfies it. Say what must be so, e.g. {type: object, "
            "required: [name]}; any object or array is 'json: true', any arguments are a tool_call without a schema."
        )
    return next((f"at {_place(path)}: {mistake}" for path, mistake in _mistakes(schema)), None)


def asserts_nothing(schema: Any) -> bool:
    """Return whether every value satisfies a schema because it holds no assertion at all."""
    if not isinstance(schema, Mapping):
        return schema is True
    return all(_is_idle(schema, keyword, value) for keyword, value in schema.items())


def _is_idle(schema: Mapping[str, Any], keyword: str, value: Any) -> bool:
    """Return whether a known keyword asserts nothing; unknown ones are told of as such."""
    if keyword in ANNOTATIONS or str(keyword).startswith(EXTENSION):
        return True
    if keyword in ("allOf", "anyOf", "oneOf") and isinstance(value, list) and (keyword != "oneOf" or len(value) == 1):
        return (any if keyword == "anyOf" else all)(asserts_nothing(child) for child in value)
    if keyword == "not":
        return value is False
    if keyword in ("if", "then", "else"):
        branches = [schema.get(branch, True) for branch in ("then", "else")]
        return "if" not in schema or all(map(asserts_nothing, branches))
    return keyword == "type" and isinstance(value, list) and {"number", *value} >= set(TYPES) - {"integer"} <= {*value}


def _place(path: Path) -> str:
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def _mistakes(schema: Any) -> Iterator[tuple[Path, str]]:
    for path, inner in schemas_within(schema):
        for find in _FINDERS:
            yield from ((path, mistake) for mistake in find(inner))


def _unknown_keywords(schema: Mapping[str, Any]) -> Iterator[str]:
    for key in schema:
        if key not in KEYWORDS and not str(key).startswith(EXTENSION):
            remedy = _INSTEAD.get(key) or suggest(key, KEYWORDS).strip()
            yield f"{key!r} is no keyword of JSON Schema 2020-12. {remedy or f'Known are {_listed(KEYWORDS)}.'}"


def _unknown_formats(schema: Mapping[str, Any]) -> Iterator[str]:
    name = schema.get("format")
    if isinstance(name, str) and name not in FORMATS:
        known = suggest(name, FORMATS) or " Write a 'pattern', 'minimum' or 'maxLength' in its place."
        yield f"the format {name!r} is not one that is checked. Allowed: {_listed(FORMATS)}.{known}"


def _unknown_types(schema: Mapping[str, Any]) -> Iterator[str]:
    given = schema.get("type")
    for name in given if isinstance(given, list) else [given]:
        if isinstance(name, str) and name not in TYPES:
            yield f"not a JSON Schema: no type is named {name!r}. Allowed: {_listed(TYPES)}.{suggest(name, TYPES)}"


def _unpaired(schema: Mapping[str, Any]) -> Iterator[str]:
    for keyword, other in _PAIRS:
        if keyword in schema and other not in schema:
            yield f"{keyword!r} asserts nothing without {other!r}. Add {other!r}, or remove it"


def _of_another_type(schema: Mapping[str, Any]) -> Iterator[str]:
    given = schema.get("type")
    types = {"number" if name == "integer" else name for name in (given if isinstance(given, list) else [given])}
    for keyword in schema if given is not None else ():
        spoken = SPOKEN_TYPE.get(keyword)
        if spoken is not None and spoken not in types:
            yield f"{keyword!r} asserts nothing, because it speaks of type {spoken!r} and 'type' is {given!r}"


def _idle_within(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield a complaint about a schema such as ``{anyOf: [{type: string}, {}]}``; ``{}`` alone is plain speech."""
    keywords = [key for key in schema if key not in ANNOTATIONS and not str(key).startswith(EXTENSION)]
    if keywords and asserts_nothing(schema):
        yield f"{_listed(keywords)} here: every value satisfies it. Remove it, or write {{}} for any value"


def _broken_patterns(schema: Mapping[str, Any]) -> Iterator[str]:
    pattern = schema.get("pattern")
    problem = pattern_problem(pattern) if isinstance(pattern, str) else None
    if problem:
        yield problem


def _listed(names: Any) -> str:
    return ", ".join(names)


_FINDERS: tuple[Callable[[Mapping[str, Any]], Iterator[str]], ...] = (
    _unknown_keywords,
    _unknown_formats,
    _unknown_types,
    _unpaired,
    _of_another_type,
    _idle_within,
    _broken_patterns,
)
