"""Pauses after failures, and between requests."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from pytest_kvguard.backends.endpoint.pauses import Pace, ask_with_retries, pause_seconds
from pytest_kvguard.external.http_exchange import ExchangeError


def failure(retry_after: str = "") -> ExchangeError:
    return ExchangeError("status", "busy", 503, retry_after)


def test_pauses_grow_and_end_at_a_minute() -> None:
    assert [pause_seconds(failure(), attempt) for attempt in (0, 1, 2, 9)] == [0.5, 1.0, 2.0, 60.0]


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("0", 0.0), ("86400", 60.0), ("soon", 0.5), ("-3", 0.0)])
def test_a_server_may_name_the_pause(header: str, seconds: float) -> None:
    assert pause_seconds(failure(header), 0) == seconds


def test_a_server_may_name_the_pause_by_a_date() -> None:
    there = datetime.now(timezone.utc) + timedelta(seconds=30)
    assert 25 < pause_seconds(failure(format_datetime(there, usegmt=True)), 0) <= 30


def test_the_pauses_between_attempts_are_waited_and_the_last_failure_is_raised() -> None:
    pauses: list[float] = []

    def ask() -> str:
        raise failure()

    with pytest.raises(ExchangeError):
        ask_with_retries(ask, 2, pauses.append)
    assert pauses == [0.5, 1.0]


def test_requests_are_let_through_at_the_rate() -> None:
    now, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))
        now[0] += seconds

    pace = Pace(4, lambda: now[0], sleep)
    for _ in range(3):
        pace.wait()
    now[0] += 10
    pace.wait()
    assert slept == [0.25, 0.25]


def test_without_a_rate_nobody_waits() -> None:
    Pace(0, sleep=lambda seconds: pytest.fail("waited")).wait()
