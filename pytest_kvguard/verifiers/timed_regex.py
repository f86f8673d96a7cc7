"""Regular expressions written by users: compiled with a readable error, searched under a time limit."""

from __future__ import annotations

from typing import Any

import regex

from pytest_kvguard.errors import UsageError

__all__ = ["TIME_LIMIT_SECONDS", "pattern_problem", "timed_search"]

TIME_LIMIT_SECONDS = 1.0


def pattern_problem(pattern: str) -> str | None:
    """Say why a pattern does not compile, or None."""
    try:
        regex.compile(pattern)
    except (regex.error, RecursionError, OverflowError, ValueError, IndexError, KeyError) as error:
        return f"{pattern!r} is not a regular expression: {error}. Escape special characters with a backslash."
    return None


def timed_search(pattern: str, text: str, ignore_case: bool = False) -> str | None:
    """Return the first match of a user's pattern, or None.

    Raises:
        UsageError: the search took longer than the limit, so nothing can be said about the reply.
    """
    flags = regex.IGNORECASE if ignore_case else 0
    try:
        match: Any = regex.search(pattern, text, flags, timeout=TIME_LIMIT_SECONDS)
    except TimeoutError:
        raise UsageError(
            f"the pattern {pattern!r} ran longer than {TIME_LIMIT_SECONDS:g} s on a reply of {len(text)} characters. "
            "Avoid nested repetition such as (a+)+, or make it possessive: (a++)."
        ) from None
    return None if match is None else str(match.group())
