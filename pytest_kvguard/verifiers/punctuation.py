"""no_comma: checks that the reply has no comma of any script."""

from __future__ import annotations

from typing import Any

from pytest_kvguard.verifiers.rule import Rule, quote

__all__ = ["RULES"]

# The marks Unicode names "comma": Latin, Arabic, ideographic, fullwidth, small, halfwidth, NKo, Mongolian.
COMMAS = frozenset(",،、，﹐﹑､߸᠂")


def _inspect(text: str, value: Any) -> tuple[bool, str]:
    wrong = [word for word in text.split() if COMMAS & set(word)]
    return not wrong, f"comma in {quote(wrong[0])}" if wrong else "no comma"


RULES = (Rule("no_comma", {"description": "true", "const": True}, lambda _: "no comma", _inspect, example=True),)
