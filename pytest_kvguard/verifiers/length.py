"""min_words, max_words, min_sentences, max_sentences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import regex

from pytest_kvguard.verifiers.rule import Rule

__all__ = ["RULES", "count_sentences", "count_words"]

VALUE_SCHEMA: dict[str, Any] = {"description": "a whole number, 1 or more", "type": "integer", "minimum": 1}

# "don't" and "state-of-the-art" are one word each; regex's \w keeps the marks of Indic scripts, re's does not.
_WORD = regex.compile(r"\w+(?:['’\-]\w+)*")
# A Latin full stop ends a sentence only before whitespace ("9.30" has none); an ideographic one needs no space.
_SENTENCE_END = regex.compile(r"(?<=[.!?…।؟][\"'”’»)\]*_]*)\s+|(?<=[。！？｡][”’」』）]*)(?![”’」』）])|\n+")


def count_words(text: str) -> int:
    """Count runs of letters, digits and marks, in any script that separates its words."""
    return len(_WORD.findall(text))


def count_sentences(text: str) -> int:
    """Count stretches ended by a full stop, question or exclamation mark, or a line break.

    An abbreviation followed by a space ("Dr. Lee") counts as an end: no language is assumed.
    """
    return sum(1 for piece in _SENTENCE_END.split(text) if piece and _WORD.search(piece))


def _at_least(name: str, unit: str, count: Callable[[str], int]) -> Rule:
    def inspect(text: str, value: Any) -> tuple[bool, str]:
        return count(text) >= value, f"{count(text)} {unit}"

    return Rule(name, VALUE_SCHEMA, lambda value: f"at least {value} {unit}", inspect)


def _at_most(name: str, unit: str, count: Callable[[str], int]) -> Rule:
    def inspect(text: str, value: Any) -> tuple[bool, str]:
        return count(text) <= value, f"{count(text)} {unit}"

    return Rule(name, VALUE_SCHEMA, lambda value: f"at most {value} {unit}", inspect, passes_on_junk=True)


RULES = (
    _at_least("min_words", "words", count_words),
    _at_most("max_words", "words", count_words),
    _at_least("min_sentences", "sentences", count_sentences),
    _at_most("max_sentences", "sentences", count_sentences),
)
