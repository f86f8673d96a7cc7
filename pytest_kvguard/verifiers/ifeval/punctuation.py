"""punctuation: no comma; only the Latin comma counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_kvguard.verifiers.ifeval.instruction import IFEvalInstruction
from pytest_kvguard.verifiers.rule import quote

__all__ = ["INSTRUCTIONS"]


def _no_comma(text: str, kwargs: Mapping[str, Any]) -> tuple[bool, str]:
    wrong = next((word for word in text.split() if "," in word), None)
    return wrong is None, f"comma in {quote(wrong)}" if wrong else "no comma"


INSTRUCTIONS = (IFEvalInstruction("punctuation:no_comma", (), _no_comma),)
