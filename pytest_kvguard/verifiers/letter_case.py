"""lowercase, uppercase: checks the cased letters of any script; digits and caseless letters may be anything."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

from pytest_kvguard.verifiers.rule import Rule, quote

__all__ = ["RULES"]

VALUE_SCHEMA: dict[str, Any] = {"description": "true", "const": True}


def _inspector(wrong_categories: frozenset[str], wrong_name: str) -> Callable[[str, Any], tuple[bool, str]]:
    def inspect(text: str, value: Any) -> tuple[bool, str]:
        if not any(character.isalpha() for character in text):
            return False, "the reply has no letter"
        wrong = [word for word in text.split() if any(unicodedata.category(c) in wrong_categories for c in word)]
        return not wrong, f"{wrong_name} in {quote(wrong[0])}" if wrong else f"no {wrong_name}"

    return inspect


# Lt: digraphs such as "ǅ", half upper and half lower case, break both rules.
_UPPER = frozenset({"Lu", "Lt"})
_LOWER = frozenset({"Ll", "Lt"})

RULES = (
    Rule(
        "lowercase",
        VALUE_SCHEMA,
        lambda _: "all letters lowercase",
        _inspector(_UPPER, "uppercase letter"),
        example=True,
    ),
    Rule(
        "uppercase",
        VALUE_SCHEMA,
        lambda _: "all letters uppercase",
        _inspector(_LOWER, "lowercase letter"),
        example=True,
    ),
)
