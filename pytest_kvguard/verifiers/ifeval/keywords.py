"""keywords: required and forbidden words, the frequency of a word or a letter; all matched as literal text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pytest_kvguard.verifiers.ifeval.instruction import IFEvalInstruction, compare
from pytest_kvguard.verifiers.rule import quote

__all__ = ["INSTRUCTIONS"]


def _count(keyword: str, text: str) -> int:
    return len(re.findall(re.escape(keyword), text, re.IGNORECASE))


def _existence(text: str, kwargs: Mapping[str, Any]) -> tuple[bool, str]:
    missing = [word for word in kwargs["keywords"] if not _count(word, text)]
    return not missing, f"{', '.join(map(quote, missing))} missing" if missing else "all keywords are in the reply"


def _forbidden_words(text: str, kwargs: Mapping[str, Any]) -> tuple[bool, str]:
    forbidden = [w for w in kwargs["forbidden_words"] if re.search(rf"\b{re.escape(w)}\b", text, re.IGNORECASE)]
    return not forbidden, f"{', '.join(map(quote, forbidden))} in the reply" if forbidden else "no forbidden word"


def _frequency(text: str, kwargs: Mapping[str, Any]) -> tuple[bool, str]:
    keyword = kwargs["keyword"].strip()
    count = _count(keyword, text)
    return compare(count, kwargs["relation"], kwargs["frequency"]), f"{quote(keyword)} {count} times"


def _letter_frequency(text: str, kwargs: Mapping[str, Any]) -> tuple[bool, str]:
    letter = kwargs["letter"].strip().lower()
    count = text.lower().count(letter)
    return compare(count, kwargs["let_relation"], kwargs["let_frequency"]), f"{quote(letter)} {count} times"


INSTRUCTIONS = (
    IFEvalInstruction("keywords:existence", ("keywords",), _existence),
    IFEvalInstruction("keywords:forbidden_words", ("forbidden_words",), _forbidden_words),
    IFEvalInstruction("keywords:frequency", ("keyword", "frequency", "relation"), _frequency),
    IFEvalInstruction("keywords:letter_frequency", ("letter", "let_frequency", "let_relation"), _letter_frequency),
)
