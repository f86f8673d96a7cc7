"""contains, not_contains, contains_any: which texts occur in a reply."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_kvguard.verifiers.rule import Rule, quote
from pytest_kvguard.verifiers.text_comparison import mapping_schema, read_value

__all__ = ["RULES"]

_TEXT = {"description": "a text of at least one character, in quotes", "type": "string", "minLength": 1}
_TEXTS = {
    "description": "a text in quotes, or a list of such texts",
    "anyOf": [_TEXT, {"type": "array", "minItems": 1, "items": _TEXT}],
}
VALUE_SCHEMA: dict[str, Any] = {
    "description": "a text in quotes, a list of such texts, or {text: …, ignore_case: true, exact: true}",
    "anyOf": [*_TEXTS["anyOf"], mapping_schema(_TEXTS)],
}


def _split(text: str, value: Any) -> tuple[list[str], list[str]]:
    """Return the value's texts that are in the reply, and those that are not."""
    texts, comparison = read_value(value)
    forms = {item: comparison.form(item) for item in texts}
    present = [item for item, form in forms.items() if form(item) in form(text)]
    return present, [item for item in texts if item not in present]


def _listed(texts: list[str], joint: str) -> str:
    return joint.join(quote(text) for text in texts)


def _wording(verb: str, joint: str) -> Callable[[Any], str]:
    def describe(value: Any) -> str:
        texts, comparison = read_value(value)
        return f"{verb} {_listed(texts, joint)}{comparison.wording}"

    return describe


def _contains(text: str, value: Any) -> tuple[bool, str]:
    present, absent = _split(text, value)
    return not absent, _presence(absent, "not in the reply") if absent else _presence(present, "in the reply")


def _contains_any(text: str, value: Any) -> tuple[bool, str]:
    present, absent = _split(text, value)
    return bool(present), _presence(present, "in the reply") if present else _presence(absent, "not in the reply")


def _not_contains(text: str, value: Any) -> tuple[bool, str]:
    present, absent = _split(text, value)
    return not present, _presence(present, "in the reply") if present else _presence(absent, "not in the reply")


def _presence(texts: list[str], where: str) -> str:
    return f"{_listed(texts, ', ')} {'is' if len(texts) == 1 else 'are'} {where}"


RULES = (
    Rule("contains", VALUE_SCHEMA, _wording("contains", " and "), _contains, example="9:30"),
    Rule("contains_any", VALUE_SCHEMA, _wording("contains", " or "), _contains_any, example=["9:30", "half past nine"]),
    Rule("not_contains", VALUE_SCHEMA, _wording("does not contain", " or "), _not_contains, example="cheap"),
)
