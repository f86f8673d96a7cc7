"""Retries after transient failures, with growing pauses or after the pause that the server names."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import TypeVar

from pytest_kvguard.backends.endpoint.completion import MalformedAnswer
from pytest_kvguard.external.http_exchange import ExchangeError

__all__ = ["LONGEST_PAUSE_SECONDS", "ask_persistently", "is_passing", "pause_seconds"]

PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 60.0

Answer = TypeVar("Answer")


def ask_persistently(ask: Callable[[], Answer], retries: int, sleep: Callable[[float], None] = time.sleep) -> Answer:
    """Return an answer, with up to ``retries`` retries.

    Raises:
        ExchangeError: a failure that a retry cannot change, or the failure of the last attempt.
        MalformedAnswer: the answer of the last attempt.
    """
    for attempt in range(retries):
        try:
            return ask()
        except (ExchangeError, MalformedAnswer) as error:
            if not is_passing(error):
                raise
            sleep(pause_seconds(error, attempt))
    return ask()


def is_passing(error: Exception) -> bool:
    """Return whether a failure is transient: the same request may succeed later."""
    if isinstance(error, ExchangeError):
        return error.trouble in ("slow", "unreachable") or error.status in PASSING
    return isinstance(error, MalformedAnswer)


def pause_seconds(error: Exception, attempt: int) -> float:
    """Return the pause after a failed attempt; attempts are counted from 0."""
    named = _named_pause(getattr(error, "retry_after", ""))
    return min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt if named is None else named)


def _named_pause(header: str) -> float | None:
    """Return the seconds in a ``Retry-After`` header, which holds a number or a date; None in any other case."""
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except ValueError:
        return None
