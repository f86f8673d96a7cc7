"""Pauses between requests: to keep a rate, and before retries after transient failures."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import TypeVar

from pytest_kvguard.backends.endpoint.unusable import MalformedAnswer, UnusableCompletion
from pytest_kvguard.external.http_exchange import ExchangeError

__all__ = ["LONGEST_PAUSE_SECONDS", "Pace", "ask_with_retries", "is_transient", "pause_seconds"]

TRANSIENT = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 60.0

Answer = TypeVar("Answer")


def ask_with_retries(ask: Callable[[], Answer], retries: int, sleep: Callable[[float], None] = time.sleep) -> Answer:
    """Return an answer, with up to ``retries`` retries after growing pauses, or the pauses that the server names.

    Raises:
        ExchangeError: a failure that a retry cannot change, or the failure of the last attempt.
        MalformedAnswer: the answer of the last attempt.
    """
    for attempt in range(retries):
        try:
            return ask()
        except (ExchangeError, MalformedAnswer) as error:
            if not is_transient(error):
                raise
            sleep(pause_seconds(error, attempt))
    return ask()


def is_transient(error: Exception) -> bool:
    """Return whether a failure is transient: the same request may succeed later."""
    if isinstance(error, ExchangeError):
        return error.trouble in ("slow", "unreachable") or error.status in TRANSIENT
    return isinstance(error, MalformedAnswer) and not isinstance(error, UnusableCompletion)


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


class Pace:
    """Limits how many callers pass per second; threads may share it.

    Args:
        per_second: number of callers; 0 = no limit.
        clock, sleep: replaced in tests.
    """

    def __init__(
        self,
        per_second: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gap = 1 / per_second if per_second else 0.0
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self) -> None:
        """Wait until the caller may send."""
        if not self._gap:
            return
        with self._lock:
            now = self._clock()
            turn = max(now, self._next)
            self._next = turn + self._gap
        if turn > now:
            self._sleep(turn - now)
