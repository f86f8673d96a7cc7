"""contains, not_contains, contains_any: which texts occur in a reply."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_kvguard.verifiers.rule import Rule, quote

__all__ = ["RULES"]

_TEXT = {"description": "a text of at least one character, in quotes", "type": "string", "minLength": 1}
_TEXTS = {
    "description": "a text in quotes, or a list of such texts",
    "anyOf": [_TEXT, {"type": "array", "minItems": 1, "items": _TEXT}],
}
VALUE_SCHEMA: dict[str, Any] = {
    "description": "a text in quotes, a list of such texts, or {text: …, ignore_case: true}",
    "anyOf": [
        *_TEXTS["anyOf"],
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["text"],
            "properties": {
                "text": _TEXTS,
                "ignore_case": {"description": "true or false", "type": "boolean"},
            },
        },
    ],
}


def _read_value(value: Any) -> tuple[list[str], bool]:
    """Return the texts that a value names, and whether their case is ignored."""
    texts, ignore_case = (value["text"], value.get("ignore_case", False)) if isinstance(value, dict) else (value, False)
    return ([texts] if isinstance(texts, str) else list(texts)), ignore_case


def _split(text: str, value: Any) -> tuple[list[str], list[str]]:
    """Return the value's texts that are in the reply, and those that are not."""
    texts, ignore_case = _read_value(value)
    reply = text.casefold() if ignore_case else text
    present = [item for item in texts if (item.casefold() if ignore_case else item) in reply]
    return present, [item for item in texts if item not in present]


def _listed(texts: list[str], joint: str) -> str:
    return joint.join(quote(text) for text in texts)


def _wording(verb: str, joint: str) -> Callable[[Any], str]:
    def describe(value: Any) -> str:
        texts, ignore_case = _read_value(value)
        return f"{verb} {_listed(texts, joint)}" + (" in any case" if ignore_case else "")

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
