"""One usual value for every check."""

from __future__ import annotations

from typing import Any

VALUES: dict[str, Any] = {
    "bullets": 3,
    "contains": "9:30",
    "contains_any": ["9:30", "half past nine"],
    "ends_with": "Bye!",
    "equals": "Yes.",
    "forbidden_words": ["cheap", "sale"],
    "ifeval": "punctuation:no_comma",
    "json": True,
    "judge": "The reply is polite.",
    "keyword_counts": {"river": 2},
    "language": "de",
    "lowercase": True,
    "max_sentences": 2,
    "max_words": 50,
    "max_words_per_sentence": 20,
    "min_sentences": 2,
    "min_words": 20,
    "no_comma": True,
    "no_refusal": True,
    "no_tool_call": True,
    "not_contains": "cheap",
    "number": {"value": 250, "unit": "g"},
    "paragraphs": 2,
    "python": "pytest_kvguard.verifiers.table:names",
    "questions": 1,
    "refusal": True,
    "regex": r"\d:\d\d",
    "same_as_uncompressed": 0.8,
    "starts_with": "Dear",
    "tool_call": "get_weather",
    "uppercase": True,
}
