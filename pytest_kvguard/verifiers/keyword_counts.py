"""keyword_counts, forbidden_words: counts whole words, in any case."""

from __future__ import annotations

import unicodedata
from typing import Any

import regex

from pytest_kvguard.verifiers.count_range import COUNT_SCHEMA, count_problem, describe_count, in_range
from pytest_kvguard.verifiers.rule import Rule, quote

__all__ = ["RULES", "count_keyword"]

VALUE_SCHEMA: dict[str, Any] = {
    "description": "a map from word to count, e.g. {river: 2, lake: {min: 1}}",
    "type": "object",
    "minProperties": 1,
    "propertyNames": {"description": "a word that is not blank", "pattern": "\\S"},
    "additionalProperties": COUNT_SCHEMA,
}

_FORBIDDEN = {"description": "a word that is not blank, in quotes", "type": "string", "pattern": "\\S"}
WORDS_SCHEMA: dict[str, Any] = {
    "description": "a word in quotes, or a list of words",
    "anyOf": [_FORBIDDEN, {"type": "array", "minItems": 1, "items": _FORBIDDEN}],
}

# These scripts put no space between words, so word boundaries cannot be recognised in them.
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")


def count_keyword(text: str, word: str) -> int:
    """Count the occurrences of a word outside longer words; case and Unicode composition are ignored."""
    needle = unicodedata.normalize("NFC", word.strip())
    before = "" if _UNSPACED.match(needle[0]) else r"(?<!\w)"
    after = "" if _UNSPACED.match(needle[-1]) else r"(?!\w)"
    pattern = before + regex.escape(needle) + after
    return len(regex.findall(pattern, unicodedata.normalize("NFC", text), regex.IGNORECASE))


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
