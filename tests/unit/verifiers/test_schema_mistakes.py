"""A JSON Schema that asserts nothing, or not what it seems to, is refused before any run."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kvguard.verifiers.schema_keywords import ANNOTATIONS, KEYWORDS
from pytest_kvguard.verifiers.table import rule, verify

MISSPELT = {
    "requierd": "required",
    "propertys": "properties",
    "typ": "type",
    "minLenght": "minLength",
    "itmes": "items",
}
MISSPELT |= {"Required": "required", "enums": "enum", "additionalproperties": "additionalProperties", "formt": "format"}
PLACES: dict[str, Any] = {
    "$": lambda inner: {"type": "object", **inner},
    "$.properties.a": lambda inner: {"type": "object", "properties": {"a": inner}},
    "$.items": lambda inner: {"type": "array", "items": inner},
    "$.prefixItems[1]": lambda inner: {"type": "array", "prefixItems": [{}, inner]},
    "$.allOf[0]": lambda inner: {"type": "object", "allOf": [inner]},
    "$.anyOf[1]": lambda inner: {"anyOf": [{"type": "object"}, inner]},
    "$.$defs.a": lambda inner: {"type": "object", "$defs": {"a": inner}},
    "$.additionalProperties": lambda inner: {"type": "object", "additionalProperties": inner},
    "$.not": lambda inner: {"type": "object", "not": inner},
    "$.dependentSchemas.a": lambda inner: {"type": "object", "dependentSchemas": {"a": inner}},
    "$.properties.a.items.properties.b": lambda inner: {
        "type": "object",
        "properties": {"a": {"type": "array", "items": {"type": "object", "properties": {"b": inner}}}},
    },
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("word", MISSPELT)
def test_a_misspelt_keyword_is_refused_with_the_nearest_word_at_any_depth(word: str, place: str) -> None:
    problem = str(rule("json").problem(PLACES[place]({word: True})))
    assert problem.startswith(f"at {place}: {word!r} is no keyword of JSON Schema 2020-12.")
    assert f"Did you mean {MISSPELT[word]!r}?" in problem
    assert rule("tool_call").problem({"name": "a", "schema": PLACES[place]({word: True})}) == problem


@pytest.mark.parametrize(
    "schema",
    [
        {"description": "a person"},
        {"title": "x", "$comment": "y", "examples": [1], "default": 1},
        {"allOf": [{}]},
        {"anyOf": [{"type": "object"}, {}]},
        {"oneOf": [True]},
        {"not": False},
        {"x-note": 1},
        {"$defs": {"a": {"type": "object"}}},
        {"type": ["array", "boolean", "null", "number", "object", "string"]},
    ],
)
def test_a_schema_that_every_value_satisfies_is_refused(schema: dict[str, Any]) -> None:
    assert "a schema that asserts nothing" in str(rule("json").problem(schema))
    assert "json: true" in str(rule("json").problem(schema))


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "strng"}, "Did you mean 'string'?"),
        ({"type": ["object", "nul"]}, "Did you mean 'null'?"),
        ({"type": "array", "properties": {"a": {"type": "string"}}}, "'properties' asserts nothing"),
        ({"type": "integer", "minLength": 3}, "'minLength' asserts nothing"),
        ({"type": "object", "then": {"required": ["a"]}}, "'then' asserts nothing without 'if'"),
        ({"type": "array", "minContains": 2}, "'minContains' asserts nothing without 'contains'"),
        ({"type": "object", "properties": {"a": {"anyOf": [{"type": "string"}, {}]}}}, "every value satisfies it"),
        ({"type": "string", "nullable": True}, "Write 'type' with a list"),
        ({"type": "string", "contentEncoding": "base64"}, "It asserts nothing."),
        ({"schema": {"type": "object"}}, "is itself the schema"),
        ({"type": "object", "dependencies": {}}, "Write 'dependentRequired'"),
        ({"type": "object", "properties": {"a": {"$ref": "#/$defs/missing"}}}, "cannot be resolved"),
        ({"type": "object", 3: 1}, "3 is no keyword"),
    ],
)
def test_what_asserts_nothing_within_a_schema_is_refused(schema: dict[Any, Any], said: str) -> None:
    assert said in str(rule("json").problem(schema))


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {}},
        {"type": "object", "properties": {"requierd": {"type": "string"}, "patternProperties": {"type": "string"}}},
        {"const": {"requierd": 1}},
        {"enum": [{"pattern": "("}]},
        {"type": "object", "properties": {"a": {}, "b": True, "c": {"description": "the city"}}},
        {"type": "object", "x-order": 1, "title": "t", "readOnly": True, "deprecated": False},
        {"$ref": "#/definitions/a", "definitions": {"a": {"type": "object"}}},
        {"type": "array", "uniqueItems": True, "contains": {"const": 1}, "minContains": 2},
        {"if": {"required": ["a"]}, "then": {"required": ["b"]}},
        {"oneOf": [{"type": "object"}, {"type": "array"}]},
    ],
)
def test_a_schema_that_asserts_something_is_allowed(schema: dict[str, Any]) -> None:
    assert rule("json").problem(schema) is None


@pytest.mark.parametrize(
    ("schema", "reply"),
    [
        ({"required": ["name"]}, "12345"),
        ({"required": ["name"]}, '["name"]'),
        ({"properties": {"name": {"type": "string"}}}, '"name"'),
        ({"properties": {"price": {"minimum": 0}}}, '{"price": "free"}'),
        ({"items": {"type": "string"}}, '{"a": 1}'),
        ({"minItems": 1}, '{"a": 1}'),
        ({"minLength": 3}, "12345"),
        ({"$defs": {"a": {"required": ["b"]}}, "$ref": "#/$defs/a"}, "1"),
    ],
)
def test_keywords_of_one_type_demand_that_type(schema: dict[str, Any], reply: str) -> None:
    assert rule("json").problem(schema) is None
    assert "is not of type" in verify("json", schema, reply).observed


@pytest.mark.parametrize(
    ("schema", "reply", "holds"),
    [
        ({"type": ["string", "null"], "minLength": 3}, "null", True),
        ({"anyOf": [{"type": "string"}, {"type": "null"}], "minLength": 3}, "null", True),
        ({"not": {"required": ["error"]}, "type": ["object", "array"]}, "[]", False),
        ({"type": "object", "not": {"required": ["error"]}}, '{"error": 1}', False),
        ({"type": "object", "not": {"required": ["error"]}}, "{}", True),
        ({"if": {"properties": {"a": {"const": 1}}}, "then": {"required": ["b"]}}, '{"a": 1}', False),
    ],
)
def test_a_type_that_is_named_elsewhere_stays_as_it_is(schema: dict[str, Any], reply: str, holds: bool) -> None:
    assert verify("json", schema, reply).holds is holds


def test_annotations_are_keywords() -> None:
    assert set(KEYWORDS) >= ANNOTATIONS
