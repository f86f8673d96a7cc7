"""The length of a reply in words, sentences, paragraphs and questions, and that of its longest sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import regex

from pytest_kvguard.verifiers.count_range import COUNT_SCHEMA, count_problem, describe_count, in_range
from pytest_kvguard.verifiers.rule import Rule

__all__ = ["RULES", "count_paragraphs", "count_questions", "count_sentences", "count_words", "longest_sentence"]

VALUE_SCHEMA: dict[str, Any] = {"description": "a whole number, 1 or more", "type": "integer", "minimum": 1}

# "don't" and "state-of-the-art" are one word each; \w of regex matches the marks of Indic scripts, that of re does not.
_WORD = regex.compile(r"\w+(?:['’\-]\w+)*")
# A Latin full stop ends a sentence only before whitespace ("9.30" has none); an ideographic one needs no space.
# Both run forwards and never back: a look behind at every sign of a long row of them would take its square.
_SENTENCE_END = regex.compile(r"([.!?…।؟][\"'”’»)\]*_]*+)\s++")
_IDEOGRAPHIC_END = regex.compile(r"([。！？｡][”’」』）]*+)")
_BLANK_LINE = regex.compile(r"\n[ \t]*\n")
_QUESTION = regex.compile(r"[?？؟][\"'”’»)\]*_」』）]*\s*$")


def count_words(text: str) -> int:
    """Count runs of letters, digits and marks, in any script that separates its words."""
    return len(_WORD.findall(text))


def sentences(text: str) -> list[str]:
    """Return the sentences of a text: it is cut at every full stop, question mark, exclamation mark and line break.

    Pieces without a word are left out. An abbreviation before a space ("Dr. Lee") ends a sentence, since no language is
    assumed.
    """
    lines = _IDEOGRAPHIC_END.sub(r"\1\n", _SENTENCE_END.sub(r"\1\n", text))
    return [piece for piece in lines.split("\n") if _WORD.search(piece)]


def count_sentences(text: str) -> int:
    """Count sentences."""
    return len(sentences(text))


def count_paragraphs(text: str) -> int:
    """Count the stretches of text that blank lines separate."""
    return sum(1 for piece in _BLANK_LINE.split(text) if piece.strip())


def count_questions(text: str) -> int:
    """Count the sentences that end in a question mark of any script."""
    return sum(1 for sentence in sentences(text) if _QUESTION.search(sentence))


def longest_sentence(text: str) -> int:
    """Count the words of the longest sentence."""
    return max(map(count_words, sentences(text)), default=0)


def _at_least(name: str, unit: str, count: Callable[[str], int], example: int) -> Rule:
    def inspect(text: str, value: Any) -> tuple[bool, str]:
        return count(text) >= value, f"{count(text)} {unit}"

    return Rule(name, VALUE_SCHEMA, lambda value: f"at least {value} {unit}", inspect, example=example)


def _at_most(name: str, unit: str, count: Callable[[str], int], example: int) -> Rule:
    def inspect(text: str, value: Any) -> tuple[bool, str]:
        return count(text) <= value, f"{count(text)} {unit}"

    return Rule(name, VALUE_SCHEMA, lambda value: f"at most {value} {unit}", inspect, example=example)


def _exactly(name: str, unit: str, count: Callable[[str], int], example: int) -> Rule:
    def inspect(text: str, value: Any) -> tuple[bool, str]:
        return in_range(count(text), value), f"{count(text)} {unit}"

    return Rule(
        name,
        COUNT_SCHEMA,
        lambda value: f"{describe_count(value)} {unit}",
        inspect,
        problem=count_problem,
        example=example,
    )


RULES = (
    _at_least("min_words", "words", count_words, example=20),
    _at_most("max_words", "words", count_words, example=50),
    _at_least("min_sentences", "sentences", count_sentences, example=2),
    _at_most("max_sentences", "sentences", count_sentences, example=2),
    _at_most("max_words_per_sentence", "words in the longest sentence", longest_sentence, example=20),
    _exactly("paragraphs", "paragraphs", count_paragraphs, example=2),
    _exactly("questions", "questions", count_questions, example=1),
)
