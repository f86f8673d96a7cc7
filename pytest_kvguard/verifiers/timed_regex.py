"""Regular expressions written by users: compiled with a readable error, searched under a time limit."""

from __future__ import annotations

from typing import Any

import regex

from pytest_kvguard.errors import UsageError

__all__ = ["TIME_LIMIT_SECONDS", "pattern_problem", "timed_search"]

TIME_LIMIT_SECONDS = 1.0
MOST_COPIES = 100_000
"""Required repetitions are unrolled when a pattern is compiled; a{1000000000} would take all memory."""

_REQUIRED = regex.compile(r"\\.|(\))?\{(\d+)", regex.DOTALL)


def pattern_problem(pattern: str) -> str | None:
    """Say why a pattern does not compile, or must not, or None."""
    if _copies(pattern) > MOST_COPIES:
        return _too_many(pattern)
    try:
        regex.compile(pattern)
    except (regex.error, RecursionError, OverflowError, ValueError, IndexError, KeyError) as error:
        return f"{pattern!r} is not a regular expression: {error}. Escape special characters with a backslash."
    return None


def _copies(pattern: str) -> int:
    """At least how many parts the compiled pattern may have: repeated groups are taken to stand in one another."""
    groups, atoms = 1, len(pattern)
    for is_group, count in _REQUIRED.findall(pattern):
        if not count:
            continue
        # Longer numbers than this are too large whatever they say, and slow to multiply.
        number = int(count[:12] if len(count) <= 12 else "9" * 12)
        if is_group:
            groups *= max(1, number)
        else:
            atoms += number
    return groups * atoms


def _too_many(pattern: str) -> str:
    return (
        f"{pattern!r} demands so many repetitions that compiling it could take all memory; at most {MOST_COPIES:,} "
        "are allowed in all. Lower the counts in { }."
    )


def timed_search(pattern: str, text: str, ignore_case: bool = False) -> str | None:
    """Return the first match of a user's pattern, or None.

    Raises:
        UsageError: the search took longer than the limit, or must not be made; nothing can be said about the reply.
    """
    if _copies(pattern) > MOST_COPIES:
        raise UsageError(f"the pattern {_too_many(pattern)}")
    flags = regex.IGNORECASE if ignore_case else 0
    try:
        match: Any = regex.search(pattern, text, flags, timeout=TIME_LIMIT_SECONDS)
    except TimeoutError:
        raise UsageError(
            f"the pattern {pattern!r} ran longer than {TIME_LIMIT_SECONDS:g} s on a reply of {len(text)} characters. "
            "Avoid nested repetition such as (a+)+, or make it possessive: (a++)."
        ) from None
    return None if match is None else str(match.group())
