"""Asks again what failed in passing: with growing pauses, or after the pause that the server names."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import TypeVar

from pytest_kvguard.backends.endpoint.completion import MalformedAnswer, UnusableCompletion
from pytest_kvguard.external.http_exchange import ExchangeError

__all__ = ["LONGEST_PAUSE_SECONDS", "ask_persistently", "is_passing", "pause_seconds"]

PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 60.0

Answer = TypeVar("Answer")


def ask_persistently(ask: Callable[[], Answer], retries: int, sleep: Callable[[float], None] = time.sleep) -> Answer:
    """Return an answer, asking up to ``retries`` times again.

    Raises:
        ExchangeError: what asking again cannot change, or what the last attempt met.
        MalformedAnswer: what the last attempt was answered.
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
    """Return whether the same request may fare better later."""
    if isinstance(error, ExchangeError):
        return error.trouble in ("slow", "unreachable") or error.status in PASSING
    return isinstance(error, MalformedAnswer) and not isinstance(error, UnusableCompletion)


def pause_seconds(error: Exception, attempt: int) -> float:
    """Return how long to wait after a failed attempt, 0 being the first."""
    named = _named_pause(getattr(error, "retry_after", ""))
    return min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt if named is None else named)


def _named_pause(header: str) -> float | None:
    """Return the seconds a ``Retry-After`` header asks for: it holds a number, or a date."""
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except ValueError:
        return None
