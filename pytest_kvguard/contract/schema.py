"""What the contract schema says against a document, in words a user can act on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

from pytest_kvguard.contract.contract_schema import contract_schema
from pytest_kvguard.contract.yaml_document import Document, KeyPath
from pytest_kvguard.errors import ContractError, suggest
from pytest_kvguard.leaks.table import registered_schemas

__all__ = ["complaints", "document_complaints", "is_of_another_version"]


def document_complaints(document: Document) -> list[ContractError]:
    """Return what the contract schema says against a document, in the order of the file."""
    if is_of_another_version(document):
        # Before anything else: the rest of a file of another version would only draw misleading complaints.
        message = (
            f"kvguard: {_found(document, ('kvguard',))}, but this version reads 1. "
            "Write 'kvguard: 1', or upgrade pytest-kvguard."
        )
        return [document.error(message, ("kvguard",))]
    return complaints(document, (), document.data, _with_registered(contract_schema()))


def _with_registered(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema with the leak detectors that a project has registered."""
    mine = registered_schemas()
    if not mine:
        return schema
    no_leak = schema["$defs"]["no_leak"]
    widened = {**no_leak, "properties": {**no_leak["properties"], **mine}}
    return {**schema, "$defs": {**schema["$defs"], "no_leak": widened}}


def is_of_another_version(document: Document) -> bool:
    """Return whether a document says that its format is not the one this version reads."""
    return isinstance(document.data, dict) and document.data.get("kvguard", 1) != 1


def complaints(document: Document, key_path: KeyPath, value: Any, schema: Mapping[str, Any]) -> list[ContractError]:
    """Return what a schema says against one value of a document, in the order of the file."""
    errors = Draft202012Validator(schema).iter_errors(value)
    return sorted((_explain(document, key_path, error) for error in errors), key=lambda complaint: complaint.line)


def _explain(document: Document, root: KeyPath, error: Any) -> ContractError:
    """Reword one ``ValidationError`` (``Any``: its stubs allow unset fields, which ``iter_errors`` never yields)."""
    # Of several allowed forms, the one that was half written tells more than the list of them.
    half_written = next((inner for inner in error.context if _is_inside(inner)), None)
    if half_written is not None:
        return _explain(document, root, half_written)
    key_path: KeyPath = (*root, *error.absolute_path)
    if error.validator == "additionalProperties":
        return _unknown_key(document, key_path, error)
    if error.validator == "required":
        return _missing_key(document, key_path, error)
    allowed = error.schema.get("description", "another value")
    if "propertyNames" in error.absolute_schema_path:
        return document.error(
            f"{_name(key_path)}: found the name {error.instance!r}. Allowed: {allowed}. Rename it.",
            (*key_path, error.instance),
        )
    found, remedy = _found(document, key_path), _remedy(document, key_path, _accepts_text(error.schema))
    near = suggest(error.instance, _words(error.schema)) if isinstance(error.instance, str) else ""
    return document.error(f"{_name(key_path)}: found {found}. Allowed: {allowed}.{near or remedy}", key_path)


def _is_inside(error: Any) -> bool:
    return bool(error.relative_path) or error.validator in ("additionalProperties", "required")


def _missing_key(document: Document, key_path: KeyPath, error: Any) -> ContractError:
    missing = next(key for key in error.validator_value if key not in error.instance)
    allowed = error.schema["properties"].get(missing, {}).get("description", "…")
    near = suggest(missing, error.instance)
    return document.error(
        f"{_name(key_path)} has no {missing!r}. Found: {_keys(error.instance)}.{near} Add '{missing}:' ({allowed}).",
        key_path,
    )


def _unknown_key(document: Document, key_path: KeyPath, error: Any) -> ContractError:
    known = sorted(error.schema.get("properties", {}))
    key = next(key for key in error.instance if key not in known)
    remedy = suggest(key, known) or " Remove it."
    return document.error(
        f"unknown key {key!r} in {_name(key_path)}. Allowed: {', '.join(known)}.{remedy}", (*key_path, key)
    )


def _name(key_path: KeyPath) -> str:
    """``context.instructions[2].check``, as a reader would point at it; list items count from 1."""
    words = [f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in key_path]
    return "".join(words).lstrip(".") or "the contract"


def _keys(instance: Mapping[str, Any]) -> str:
    return ", ".join(map(repr, instance)) or "no key"


def _found(document: Document, key_path: KeyPath) -> str:
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
    """The texts that a schema lists as the only ones allowed."""
    listed = [word for word in schema.get("enum", ()) if isinstance(word, str)]
    return listed + [word for form in schema.get("anyOf", ()) for word in _words(form)]


def _accepts_text(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "string" or any(map(_accepts_text, schema.get("anyOf", ())))


def _remedy(document: Document, key_path: KeyPath, text_allowed: bool) -> str:
    source = document.sources.get(key_path)
    if source is None:
        return " Change it."
    value: Any = document.data
    for step in key_path:
        value = value[step]
    if value is None:
        return " Fill it in, or remove the key."
    # A number or true/false where a text may stand: most often a code word or clock time without quotes.
    return f' Put it in quotes: "{source}".' if text_allowed and not isinstance(value, str) else " Change it."
