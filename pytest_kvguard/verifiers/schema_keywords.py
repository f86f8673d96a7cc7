"""The vocabulary of JSON Schema, and a walk over every schema within a schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["ANNOTATIONS", "KEYWORDS", "SCHEMA_MAPS", "SPOKEN_TYPE", "TYPES", "Path", "schemas_within"]

Path = tuple[str | int, ...]

TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")

ANNOTATIONS = frozenset(
    ("$anchor", "$comment", "$defs", "$dynamicAnchor", "$id", "$schema", "$vocabulary", "default", "definitions")
    + ("deprecated", "description", "examples", "readOnly", "title", "writeOnly")
)
"""Keywords that assert nothing, and are not meant to."""

SPOKEN_TYPE: Mapping[str, str] = {
    **dict.fromkeys(
        ("additionalProperties", "dependentRequired", "dependentSchemas", "maxProperties", "minProperties")
        + ("properties", "propertyNames", "required", "unevaluatedProperties"),
        "object",
    ),
    **dict.fromkeys(
        ("contains", "items", "maxContains", "maxItems", "minContains", "minItems", "prefixItems", "unevaluatedItems")
        + ("uniqueItems",),
        "array",
    ),
    **dict.fromkeys(("format", "maxLength", "minLength", "pattern"), "string"),
    **dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"), "number"),
}
"""Keyword → the type of the values that it speaks of; JSON Schema lets values of any other type pass."""

_OF_ANY_TYPE = ("$dynamicRef", "$ref", "allOf", "anyOf", "const", "else", "enum", "if", "not", "oneOf", "then", "type")

KEYWORDS = tuple(sorted((*ANNOTATIONS, *SPOKEN_TYPE, *_OF_ANY_TYPE)))
"""Every keyword that is read."""

_ONE: tuple[str, ...] = ("additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then")
_ONE += ("unevaluatedItems", "unevaluatedProperties")
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")

SCHEMA_MAPS = ("$defs", "definitions", "dependentSchemas", "properties")
"""Keywords whose values map names to schemas."""


def schemas_within(schema: Any, path: Path = ()) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield a schema and every schema in it with its path, but no ``true`` or ``false``, nor values as of ``const``."""
    if not isinstance(schema, Mapping):
        return
    yield path, schema
    for keyword, value in schema.items():
        for step, child in _children(keyword, value):
            yield from schemas_within(child, (*path, keyword, *step))


def _children(keyword: str, value: Any) -> Iterator[tuple[Path, Any]]:
    if keyword in _ONE and not isinstance(value, list):
        yield (), value
    elif isinstance(value, list) and keyword in (*_LISTS, "items"):  # older drafts list the schemas of items
        yield from (((number,), child) for number, child in enumerate(value))
    elif keyword in SCHEMA_MAPS and isinstance(value, Mapping):
        yield from (((str(name),), child) for name, child in value.items())
