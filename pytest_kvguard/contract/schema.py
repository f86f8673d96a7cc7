"""Violations of the contract schema, as messages that a user can act on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, ValidationError, validators

from pytest_kvguard.contract.contract_schema import contract_schema
from pytest_kvguard.contract.swallowed_text import holds_text
from pytest_kvguard.contract.yaml_document import Document, KeyPath, key_name
from pytest_kvguard.errors import ContractError, suggest
from pytest_kvguard.leaks.table import registered_schemas
from pytest_kvguard.verifiers import table as verifiers

__all__ = ["complaints", "document_complaints", "is_of_another_version"]


_NEEDS_QUOTES = "Change it: a text that begins with {, [ or '- ', or contains ': ', needs quotes."


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """Check a pattern as JSON Schema means it: ``$`` is the end of the text, not the place before a last line break."""
    if isinstance(instance, str) and not re.search(re.sub(r"(?<!\\)\$$", r"\\Z", pattern), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


_Validator = validators.extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]


def document_complaints(document: Document) -> list[ContractError]:
    """Return a document's violations of the contract schema, in the order of the file."""
    if is_of_another_version(document):
        # Reported alone: other complaints about a file of another version would mislead.
        message = (
            f"kvguard: {_value_in_words(document, ('kvguard',))}, but this version reads 1. "
            "Write 'kvguard: 1', or upgrade pytest-kvguard."
        )
        return [document.error(message, ("kvguard",))]
    return complaints(document, (), document.data, _with_registered(contract_schema()))


def _with_registered(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema with the leak detectors that a project has registered."""
    registered = registered_schemas()
    if not registered:
        return schema
    no_leak = schema["$defs"]["no_leak"]
    widened = {**no_leak, "properties": {**no_leak["properties"], **registered}}
    return {**schema, "$defs": {**schema["$defs"], "no_leak": widened}}


def is_of_another_version(document: Document) -> bool:
    """Return whether a document names another format version than the one that this release reads."""
    return isinstance(document.data, dict) and document.data.get("kvguard", 1) != 1


def complaints(document: Document, key_path: KeyPath, value: Any, schema: Mapping[str, Any]) -> list[ContractError]:
    """Return the violations of a schema by one value of a document, in the order of the file."""
    errors = _Validator(schema).iter_errors(value)
    return sorted((_explain(document, key_path, error) for error in errors), key=lambda complaint: complaint.line)


def _explain(document: Document, root: KeyPath, error: Any) -> ContractError:
    """Return one ``ValidationError`` as a message (``Any``: its stubs allow unset fields, which never occur here)."""
    # If a value follows one of several allowed forms in part, a message on that form says more than the list of forms.
    partial = next((inner for inner in error.context if _is_inside(inner)), None)
    if partial is not None:
        return _explain(document, root, partial)
    key_path: KeyPath = (*root, *error.absolute_path)
    if error.validator == "additionalProperties":
        return _unknown_key(document, key_path, error)
    if error.validator == "required":
        return _missing_key(document, key_path, error)
    allowed = error.schema.get("description", "another value")
    if "propertyNames" in error.absolute_schema_path:
        return document.error(
            f"{key_name(key_path)}: found the name {error.instance!r}. Allowed: {allowed}. Rename it.",
            (*key_path, error.instance),
        )
    value, remedy = _value_in_words(document, key_path), _remedy(document, key_path, _accepts_text(error.schema))
    remedy = _meant_per_probe(document, key_path, error.instance) or _meant_for_all(key_path) or remedy
    near = suggest(error.instance, _words(error.schema)) if isinstance(error.instance, str) else ""
    return document.error(f"{key_name(key_path)}: found {value}. Allowed: {allowed}.{near or remedy}", key_path)


def _is_inside(error: Any) -> bool:
    return bool(error.relative_path) or error.validator in ("additionalProperties", "required")


def _missing_key(document: Document, key_path: KeyPath, error: Any) -> ContractError:
    missing = next(key for key in error.validator_value if key not in error.instance)
    allowed = error.schema["properties"].get(missing, {}).get("description", "…")
    near = _meant_per_probe(document, key_path, error.instance) or suggest(missing, error.instance)
    return document.error(
        f"{key_name(key_path)} has no {missing!r}. Found: {_keys(error.instance)}.{near} Add '{missing}:' ({allowed}).",
        key_path,
    )


def _unknown_key(document: Document, key_path: KeyPath, error: Any) -> ContractError:
    known = sorted(error.schema.get("properties", {}))
    key = next(key for key in error.instance if key not in known)
    is_text = holds_text(key_path) and error.instance[key] is None  # {name} is a map whose only key has no value
    remedy = _meant_per_probe(document, key_path, error.instance)
    remedy = remedy or (f" {_NEEDS_QUOTES}" if is_text else suggest(key, known) or " Remove it.")
    return document.error(
        f"unknown key {key!r} in {key_name(key_path)}. Allowed: {', '.join(known)}.{remedy}", (*key_path, key)
    )


def _meant_per_probe(document: Document, key_path: KeyPath, value: Any) -> str:
    """Return how to give a check one value per probe, where its value is a map from probes; else an empty text."""
    probes = document.data.get("probes") if isinstance(document.data, dict) else None
    in_check = len(key_path) == 5 and key_path[0] == "context" and key_path[3] == "check"
    if not in_check or not isinstance(probes, dict) or not isinstance(value, dict) or not set(value) & set(probes):
        return ""
    probe = next(key for key in value if key in probes)
    return (
        f" {probe!r} is a probe: to expect another value under each, write checks: {{{probe}: {{{key_path[4]}: …}}}}."
    )


def _meant_for_all(key_path: KeyPath) -> str:
    """Return where a check belongs that stands in the place of a probe; else an empty text."""
    in_place_of_probe = len(key_path) == 5 and key_path[0] == "context" and key_path[3] == "checks"
    if not in_place_of_probe or key_path[4] not in verifiers.names():
        return ""
    name = key_path[4]
    return f" {name!r} is a check: write check: {{{name}: …}}, or checks: {{probe: {{{name}: …}}}}."


def _keys(instance: Mapping[str, Any]) -> str:
    return ", ".join(map(repr, instance)) or "no key"


def _value_in_words(document: Document, key_path: KeyPath) -> str:
    value: Any = document.data
    for step in key_path:
        value = value[step]
    if value is None:
        return "nothing"
    if isinstance(value, (dict, list)):
        kind = "map" if isinstance(value, dict) else "list"
        return f"a {kind} of {len(value)}" if value else f"an empty {kind}"
    if isinstance(value, str):
        return f"the text {value[:60]!r}" if value.strip() else "a blank text"
    source = document.sources.get(key_path, str(value))
    return f"{source} ({'true or false' if isinstance(value, bool) else 'a number'})"


def _words(schema: Mapping[str, Any]) -> list[str]:
    """Return the texts that a schema lists as the only allowed ones."""
    listed = [word for word in schema.get("enum", ()) if isinstance(word, str)]
    return listed + [word for form in schema.get("anyOf", ()) for word in _words(form)]


def _accepts_text(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "string" or any(map(_accepts_text, schema.get("anyOf", ())))


def _remedy(document: Document, key_path: KeyPath, text_allowed: bool) -> str:
    source = document.sources.get(key_path)
    value: Any = document.data
    for step in key_path:
        value = value[step]
    if isinstance(value, (dict, list)):
        return f" {_NEEDS_QUOTES}" if value and text_allowed and holds_text(key_path) else " Change it."
    if value is None and not (source and text_allowed):
        return " Fill it in, or remove the key."
    # A number or true/false in place of a text is most often a code word or a clock time without quotes.
    return f' Put it in quotes: "{source}".' if text_allowed and not isinstance(value, str) else " Change it."
