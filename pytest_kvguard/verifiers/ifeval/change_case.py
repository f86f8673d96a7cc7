"""change_case: English in capitals, English in lowercase, the number of words in capitals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pytest_kvguard.verifiers.ifeval.detected_language import UNDETECTABLE, detect_language
from pytest_kvguard.verifiers.ifeval.english_text import capital_words
from pytest_kvguard.verifiers.ifeval.instruction import IFEvalInstruction, Inspect, compare
from pytest_kvguard.verifiers.rule import quote

__all__ = ["INSTRUCTIONS"]


def _english(is_case: Callable[[str], bool], case: str) -> Inspect:
    def inspect(text: str, kwargs: Mapping[str, Any]) -> tuple[bool, str]:
        if not is_case(text):
            wrong = next((word for word in text.split() if not is_case(word) and any(map(str.isalpha, word))), None)
            return False, f"{quote(wrong)} is not {case}" if wrong else "the reply has no letter"
        language = detect_language(text)
        # IFEval accepts a text whose language cannot be detected.
        return language in ("en", UNDETECTABLE), f"all {case}, language {language or 'not detectable'}"

    return inspect


def _capital_word_frequency(text: str, kwargs: Mapping[str, Any]) -> tuple[bool, str]:
    count = len(capital_words(text))
    return compare(count, kwargs["capital_relation"], kwargs["capital_frequency"]), f"{count} words in capitals"


INSTRUCTIONS = (
    IFEvalInstruction(
        "change_case:capital_word_frequency",
        ("capital_frequency", "capital_relation"),
        _capital_word_frequency,
        packages=("punkt", "nltk"),
    ),
    IFEvalInstruction("change_case:english_capital", (), _english(str.isupper, "uppercase"), packages=("langdetect",)),
    IFEvalInstruction(
        "change_case:english_lowercase", (), _english(str.islower, "lowercase"), packages=("langdetect",)
    ),
)
