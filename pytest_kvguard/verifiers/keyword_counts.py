"""keyword_counts, forbidden_words: counts whole words, signs and emoji, in any case."""

from __future__ import annotations

from typing import Any

from pytest_kvguard.text.edges import occurrences
from pytest_kvguard.text.normalise import comparison_form
from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.verifiers.count_range import COUNT_SCHEMA, count_problem, describe_count, in_range
from pytest_kvguard.verifiers.rule import Rule, quote

__all__ = ["RULES", "count_keyword"]

VALUE_SCHEMA: dict[str, Any] = {
    "description": "a map from word to count, e.g. {river: 2, lake: {min: 1}}",
    "type": "object",
    "minProperties": 1,
    "propertyNames": {"description": "a word or sign that is not blank", "pattern": "\\S"},
    "additionalProperties": COUNT_SCHEMA,
}

_FORBIDDEN = {"description": "a word that is not blank, in quotes", "type": "string", "pattern": "\\S"}
WORDS_SCHEMA: dict[str, Any] = {
    "description": "a word in quotes, or a list of words",
    "anyOf": [_FORBIDDEN, {"type": "array", "minItems": 1, "items": _FORBIDDEN}],
}


# Arabic and Hebrew may be written with or without the points for vowels.
_POINT = Pattern(r"[\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7\u064B-\u0652\u0670\u06D6-\u06ED]")


def count_keyword(text: str, word: str) -> int:
    """Count the occurrences of a word outside longer ones; case, and what only looks different, are ignored."""
    form = comparison_form(word)
    text, word = form(text), form(word)
    return len(occurrences(text if _POINT.search(word) else _POINT.sub("", text), word))


def _describe(value: Any) -> str:
    return ", ".join(f"{word!r} {describe_count(required)} times" for word, required in value.items())


def _inspect(text: str, value: Any) -> tuple[bool, str]:
    counts = {word: count_keyword(text, word) for word in value}
    holds = all(in_range(counts[word], required) for word, required in value.items())
    return holds, ", ".join(f"{word!r} {count} times" for word, count in counts.items())


def _problem(value: Any) -> str | None:
    return next((problem for problem in map(count_problem, value.values()) if problem), None)


def _describe_forbidden(value: Any) -> str:
    return f"none of the words {', '.join(map(quote, _words(value)))}"


def _inspect_forbidden(text: str, value: Any) -> tuple[bool, str]:
    present = [word for word in _words(value) if count_keyword(text, word)]
    return not present, f"{', '.join(map(quote, present))} in the reply" if present else "no forbidden word"


def _words(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


RULES = (
    Rule("forbidden_words", WORDS_SCHEMA, _describe_forbidden, _inspect_forbidden, example=["cheap", "sale"]),
    Rule("keyword_counts", VALUE_SCHEMA, _describe, _inspect, problem=_problem, example={"river": 2}),
)
