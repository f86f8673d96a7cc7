"""length_constraints: words, sentences, paragraphs, and the first word of one paragraph."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pytest_kvguard.verifiers.ifeval.english_text import count_sentences, count_words
from pytest_kvguard.verifiers.ifeval.instruction import IFEvalInstruction, compare
from pytest_kvguard.verifiers.rule import quote

__all__ = ["INSTRUCTIONS"]

_DIVIDER = re.compile(r"\s?\*\*\*\s?")
_WORD_END = re.compile(r"[.,?!'\"]")


def _number_words(text: str, kwargs: Mapping[str, Any]) -> tuple[bool, str]:
    count = count_words(text)
    return compare(count, kwargs["relation"], kwargs["num_words"]), f"{count} words"


def _number_sentences(text: str, kwargs: Mapping[str, Any]) -> tuple[bool, str]:
    count = count_sentences(text)
    return compare(count, kwargs["relation"], kwargs["num_sentences"]), f"{count} sentences"


def _number_paragraphs(text: str, kwargs: Mapping[str, Any]) -> tuple[bool, str]:
    pieces = [piece.strip() for piece in _DIVIDER.split(text)]
    if not all(pieces[1:-1]):
        return False, "nothing between two ***"
    count = sum(map(bool, pieces))
    return count == kwargs["num_paragraphs"], f"{count} paragraphs"


def _nth_paragraph_first_word(text: str, kwargs: Mapping[str, Any]) -> tuple[bool, str]:
    pieces = [piece.strip() for piece in text.split("\n\n")]
    count, nth = sum(map(bool, pieces)), kwargs["nth_paragraph"]
    # As in IFEval, blank pieces do not count but keep their position.
    if nth > count or not pieces[nth - 1]:
        return False, f"{count} paragraphs, no text in place {nth}"
    first = _WORD_END.split(pieces[nth - 1].split()[0].lstrip("'").lstrip('"'))[0].lower()
    holds = count == kwargs["num_paragraphs"] and first == kwargs["first_word"].lower()
    return holds, f"{count} paragraphs, paragraph {nth} begins with {quote(first)}"


INSTRUCTIONS = (
    IFEvalInstruction(
        "length_constraints:nth_paragraph_first_word",
        ("num_paragraphs", "nth_paragraph", "first_word"),
        _nth_paragraph_first_word,
    ),
    IFEvalInstruction("length_constraints:number_paragraphs", ("num_paragraphs",), _number_paragraphs),
    IFEvalInstruction(
        "length_constraints:number_sentences", ("num_sentences", "relation"), _number_sentences, packages=("punkt",)
    ),
    IFEvalInstruction("length_constraints:number_words", ("num_words", "relation"), _number_words),
)
