"""The grammars of refusing, by language. A language is added here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pytest_kvguard.text.refusal_grammars import (
    arabic,
    chinese,
    dutch,
    english,
    french,
    german,
    italian,
    japanese,
    portuguese,
    spanish,
)
from pytest_kvguard.text.refusal_grammars.grammar import RefusalGrammar

__all__ = ["GRAMMARS"]

GRAMMARS: Mapping[str, RefusalGrammar] = MappingProxyType(
    {
        "ar": arabic.GRAMMAR,
        "de": german.GRAMMAR,
        "en": english.GRAMMAR,
        "es": spanish.GRAMMAR,
        "fr": french.GRAMMAR,
        "it": italian.GRAMMAR,
        "ja": japanese.GRAMMAR,
        "nl": dutch.GRAMMAR,
        "pt": portuguese.GRAMMAR,
        "zh": chinese.GRAMMAR,
    }
)
