"""refusal, no_refusal: checks whether the reply refuses, in part or altogether."""

from __future__ import annotations

from typing import Any

from pytest_kvguard.text.refusals import find_refusal
from pytest_kvguard.verifiers.rule import Rule, quote

__all__ = ["RULES"]

VALUE_SCHEMA: dict[str, Any] = {"description": "true", "const": True}


def _observed(text: str) -> tuple[bool, str]:
    refusal = find_refusal(text)
    return refusal is not None, f"it refuses: {quote(refusal)}" if refusal else "it does not refuse"


def _refusal(text: str, value: Any) -> tuple[bool, str]:
    return _observed(text)


def _no_refusal(text: str, value: Any) -> tuple[bool, str]:
    refuses, observed = _observed(text)
    return not refuses, observed


RULES = (
    Rule("no_refusal", VALUE_SCHEMA, lambda _: "does not refuse", _no_refusal, example=True),
    Rule("refusal", VALUE_SCHEMA, lambda _: "refuses", _refusal, example=True),
)
