"""lowercase, uppercase: checks the cased letters of any script; digits and caseless letters may be anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import regex

from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.verifiers.rule import Rule, quote

__all__ = ["RULES"]

VALUE_SCHEMA: dict[str, Any] = {"description": "true", "const": True}


def _inspector(wrong: regex.Pattern[str], wrong_name: str) -> Callable[[str, Any], tuple[bool, str]]:
    def inspect(text: str, value: Any) -> tuple[bool, str]:
        if _LETTER.search(text) is None:
            return False, "the reply has no letter"
        if wrong.search(text) is None:
            return True, f"no {wrong_name}"
        return False, f"{wrong_name} in {quote(next(filter(wrong.search, text.split())))}"

    return inspect


_LETTER = Pattern(r"\p{L}")
# Lt: digraphs such as "ǅ", half upper and half lower case, break both rules.
_UPPER = Pattern(r"[\p{Lu}\p{Lt}]")
_LOWER = Pattern(r"[\p{Ll}\p{Lt}]")

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
