"""The length of a reply in characters, words, lines, sentences, paragraphs and questions; its longest sentence."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from typing import Any

from pytest_kvguard.text.characters import count_characters
from pytest_kvguard.text.lines import lines, paragraphs
from pytest_kvguard.text.questions import questions
from pytest_kvguard.text.sentences import sentence_spans
from pytest_kvguard.text.words import word_spans
from pytest_kvguard.verifiers.count_range import count_rule
from pytest_kvguard.verifiers.rule import Rule

__all__ = [
    "RULES",
    "count_lines",
    "count_paragraphs",
    "count_questions",
    "count_sentences",
    "count_words",
    "longest_sentence",
]

VALUE_SCHEMA: dict[str, Any] = {"description": "a whole number, 1 or more", "type": "integer", "minimum": 1}


def count_words(text: str) -> int:
    """Count words, in any script."""
    return len(word_spans(text))


def count_lines(text: str) -> int:
    """Count the lines that show something."""
    return len(lines(text))


def count_sentences(text: str) -> int:
    """Count sentences."""
    return len(sentence_spans(text))


def count_paragraphs(text: str) -> int:
    """Count the stretches of text that blank lines part."""
    return len(paragraphs(text))


def count_questions(text: str) -> int:
    """Count the sentences that end in a question mark of any script."""
    return len(questions(text))


def longest_sentence(text: str) -> int:
    """Count the words of the longest sentence."""
    starts = [start for start, _ in sentence_spans(text)]
    return max(Counter(bisect_right(starts, start) for start, _ in word_spans(text)).values(), default=0)


def _at_least(name: str, unit: str, count: Callable[[str], int], example: int) -> Rule:
    def inspect(text: str, value: Any) -> tuple[bool, str]:
        counted = count(text)
        return counted >= value, f"{counted} {unit}"

    return Rule(name, VALUE_SCHEMA, lambda value: f"at least {value} {unit}", inspect, example=example)


def _at_most(name: str, unit: str, count: Callable[[str], int], example: int) -> Rule:
    def inspect(text: str, value: Any) -> tuple[bool, str]:
        counted = count(text)
        return counted <= value, f"{counted} {unit}"

    return Rule(name, VALUE_SCHEMA, lambda value: f"at most {value} {unit}", inspect, example=example)


RULES = (
    _at_least("min_characters", "characters", count_characters, example=20),
    _at_most("max_characters", "characters", count_characters, example=280),
    _at_least("min_words", "words", count_words, example=20),
    _at_most("max_words", "words", count_words, example=50),
    _at_least("min_sentences", "sentences", count_sentences, example=2),
    _at_most("max_sentences", "sentences", count_sentences, example=2),
    _at_most("max_lines", "lines", count_lines, example=5),
    _at_most("max_words_per_sentence", "words in the longest sentence", longest_sentence, example=20),
    count_rule("paragraphs", "paragraphs", count_paragraphs, example=2),
    count_rule("questions", "questions", count_questions, example=1),
)
