"""Users' JSON Schemas: what is wrong with one before any run, and how a value breaks one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from pytest_kvguard.errors import UsageError
from pytest_kvguard.verifiers.json_formats import FORMATS, follows
from pytest_kvguard.verifiers.rule import quote
from pytest_kvguard.verifiers.schema_keywords import SCHEMA_MAPS, SPOKEN_TYPE, schemas_within
from pytest_kvguard.verifiers.schema_mistakes import schema_mistake
from pytest_kvguard.verifiers.timed_regex import timed_search

__all__ = ["schema_complaint", "schema_problem"]


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and timed_search(pattern, instance) is None:
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _format(validator: Any, name: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and name in FORMATS and not follows(name, instance):
        yield ValidationError(f"{instance!r} is not of the format {name!r}")


_TYPED_ELSEWHERE = ("$dynamicRef", "$ref", "allOf", "anyOf", "const", "enum", "oneOf", "type")


def _spoken_types(schema: Mapping[str, Any]) -> list[str]:
    """Return the types that the keywords of a schema speak of, where the schema itself names no type."""
    if any(keyword in schema for keyword in _TYPED_ELSEWHERE):
        return []
    return sorted({SPOKEN_TYPE[keyword] for keyword in schema if keyword in SPOKEN_TYPE})


def _typed(schema: Any) -> Any:
    """Return a schema in which each schema with keywords of one type demands that type.

    ``{required: [name]}`` alone lets every text and number pass, which no author means. Under ``not`` and ``if`` it
    stays as written, because what is stricter there is laxer as a whole.
    """
    if isinstance(schema, list):
        return [_typed(child) for child in schema]
    if not isinstance(schema, Mapping):
        return schema
    inner = {key: value if key in _AS_WRITTEN else _typed_child(key, value) for key, value in schema.items()}
    spoken = _spoken_types(schema)
    return {**inner, "type": spoken} if spoken else inner


_AS_WRITTEN = ("const", "default", "enum", "examples", "if", "not", "required", "dependentRequired")


def _typed_child(keyword: str, value: Any) -> Any:
    if keyword in SCHEMA_MAPS and isinstance(value, Mapping):
        return {name: _typed(child) for name, child in value.items()}
    return _typed(value)


_extend: Any = extend
_Validator: Any = _extend(Draft202012Validator, {"pattern": _pattern, "format": _format})


def schema_complaint(schema: Any, instance: Any) -> str | None:
    """Return where a value breaks a user's JSON Schema, or None; the schema's patterns run under the time limit.

    Raises:
        UsageError: a reference in the schema cannot be resolved, or a pattern exceeds the time limit.
    """
    # The registry is empty so that no reference makes the run fetch anything.
    validator = _Validator(_typed(schema), registry=Registry())
    try:
        worst = best_match(validator.iter_errors(instance))
    except (Unresolvable, RecursionError) as error:
        raise UsageError(_unresolved(error)) from error
    return None if worst is None else f"JSON, but {quote(worst.message)} at {worst.json_path}"


def _unresolved(error: Exception) -> str:
    return (
        f"the JSON Schema of a json check cannot be resolved: {type(error).__name__}: {error}. "
        "Use references within the schema only ($ref: '#/$defs/…'), and none that leads to itself."
    )


def schema_problem(value: Any) -> str | None:
    """Return why a value cannot be used as a JSON Schema, or None."""
    mistake = schema_mistake(value)
    if mistake is not None:
        return mistake
    try:
        _Validator.check_schema(value)
        _resolve_all(value)
        schema_complaint(value, {})
    except SchemaError as error:
        return f"not a JSON Schema: {error.message} at {error.json_path}. See https://json-schema.org."
    except UsageError as error:
        return str(error)
    return None


def _resolve_all(schema: Any) -> None:
    """Look up every reference, also those that only some replies lead to.

    Raises:
        UsageError: one of them cannot be resolved.
    """
    resource = DRAFT202012.create_resource(schema)
    root = resource.id() or ""
    resolver = Registry().with_resource(root, resource).resolver(root)
    for _, inner in schemas_within(schema):
        reference = inner.get("$ref")
        if isinstance(reference, str):
            try:
                resolver.lookup(reference)
            except Unresolvable as error:
                raise UsageError(_unresolved(error)) from error
