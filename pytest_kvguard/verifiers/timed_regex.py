"""Users' regular expressions, compiled with readable errors and searched under a time limit."""

from __future__ import annotations

from typing import Any

import regex

from pytest_kvguard.errors import UsageError
from pytest_kvguard.text.pattern import Pattern

__all__ = ["TIME_LIMIT_SECONDS", "pattern_problem", "timed_search"]

TIME_LIMIT_SECONDS = 1.0
MAX_REPETITIONS = 100_000
"""The limit for one atom under all counts around it: the compiler expands counts, and no time limit can stop it."""

_PIECE = Pattern(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{(?P<low>\d*)(?:,(?P<high>\d*))?\}|.", regex.DOTALL)


def _repetitions(pattern: str) -> int:
    """Return the largest product of the counts around one atom: 6 for ``(a{2}){1,3}``."""
    largest, atom = [1], 1
    for piece in _PIECE.finditer(pattern):
        counts = [int(count) for count in piece.groups() if count]
        if counts:
            atom *= max(counts)
        elif piece.group() == "(":
            largest.append(1)
        elif piece.group() == ")" and len(largest) > 1:
            atom = largest.pop()
        else:
            atom = 1
        largest[-1] = max(largest[-1], atom)
    return max(largest)


def pattern_problem(pattern: str) -> str | None:
    """Return why a pattern cannot be used, or None."""
    if _repetitions(pattern) > MAX_REPETITIONS:
        return f"{pattern!r} repeats something more than {MAX_REPETITIONS:,} times. Lower its counts."
    try:
        regex.compile(pattern)
    except (regex.error, RecursionError, OverflowError, ValueError, IndexError, KeyError) as error:
        return f"{pattern!r} is not a regular expression: {error}. Escape special characters with a backslash."
    return None


def timed_search(pattern: str, text: str, ignore_case: bool = False) -> str | None:
    """Return the first match of a user's pattern, or None.

    Raises:
        UsageError: the search exceeds the time limit, so the reply cannot be judged.
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
