"""no_comma: checks that the reply has no comma of any script."""

from __future__ import annotations

from typing import Any

from pytest_kvguard.verifiers.rule import Rule, quote

__all__ = ["RULES"]

COMMAS = frozenset(
    # Latin, Armenian, Arabic, NKo, Ethiopic, Mongolian
    ",՝،߸፣᠂᠈"
    # European and CJK variants, Lisu, Vai, Bamum, Newa, Medefaidrin, SignWriting
    "⸲⸴⹁⹉⹌、︐︑﹐﹑，､꓾꘍꛵𑑍𑑚𖺗𝪇"
)
"""The punctuation marks that Unicode names commas."""


def _inspect(text: str, value: Any) -> tuple[bool, str]:
    wrong = [word for word in text.split() if COMMAS & set(word)] if COMMAS & set(text) else []
    return not wrong, f"comma in {quote(wrong[0])}" if wrong else "no comma"


RULES = (Rule("no_comma", {"description": "true", "const": True}, lambda _: "no comma", _inspect, example=True),)
