"""A user's function that does not return is ended in time, and named."""

from __future__ import annotations

import re
import signal
import socket
import threading
import time
from collections.abc import Callable

import pytest

from pytest_kvguard.errors import UsageError
from pytest_kvguard.external.time_limit import call_here_in_time
from pytest_kvguard.external.user_function import ask
from pytest_kvguard.leaks.table import DETECTORS
from pytest_kvguard.leaks.table import register as register_detector
from pytest_kvguard.verifiers.table import _RULES, register, verify

LIMIT_SECONDS, GRACE_SECONDS = 0.2, 5.0

needs_alarms = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs signal.setitimer")


def loops(reply: str) -> bool:
    while True:
        pass


def catches_everything_and_goes_on(reply: str) -> bool:
    for _ in range(3):
        try:
            loops(reply)
        except BaseException:
            continue
    return True


def sleeps(reply: str) -> bool:
    time.sleep(30)
    return True


def searches(reply: str) -> bool:
    return re.search(r"(a+)+$", "a" * 40 + "b") is None


def waits_for_a_lock(reply: str) -> bool:
    lock = threading.Lock()
    return lock.acquire() and lock.acquire(timeout=30)


def waits_for_a_server(reply: str) -> bool:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        server.accept()
    return True


ENDLESS = [loops, catches_everything_and_goes_on, sleeps, searches, waits_for_a_lock, waits_for_a_server]


def is_refused_in_time(judge: Callable[[], object]) -> None:
    started = time.monotonic()
    with pytest.raises(
        UsageError, match=r"^the check 'slow' did not return within 0\.2 s, so the reply cannot be judged"
    ):
        judge()
    assert time.monotonic() - started < GRACE_SECONDS


@needs_alarms
@pytest.mark.parametrize("function", ENDLESS)
def test_a_function_that_does_not_return_is_an_error_that_names_it(function: Callable[[str], bool]) -> None:
    handler = signal.getsignal(signal.SIGALRM)
    is_refused_in_time(lambda: ask("the check 'slow'", function, "reply", seconds=LIMIT_SECONDS))
    assert signal.getsignal(signal.SIGALRM) is handler
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


@pytest.mark.parametrize("function", [loops, sleeps])
def test_so_it_is_in_another_thread(function: Callable[[str], bool]) -> None:
    outcome: list[BaseException | None] = []

    def judge() -> None:
        try:
            is_refused_in_time(lambda: ask("the check 'slow'", function, "reply", seconds=LIMIT_SECONDS))
            outcome.append(None)
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=judge)
    thread.start()
    thread.join(2 * GRACE_SECONDS)
    assert outcome == [None]


@needs_alarms
def test_an_earlier_alarm_rings_at_its_own_time() -> None:
    rung: list[float] = []
    earlier = signal.signal(signal.SIGALRM, lambda *_: rung.append(time.monotonic()))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            call_here_in_time(lambda: loops(""), LIMIT_SECONDS)
        while not rung and time.monotonic() - started < GRACE_SECONDS:
            time.sleep(0.01)
        assert rung and rung[0] - started >= 0.4
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        assert call_here_in_time(lambda: bool(time.sleep(0.3)), GRACE_SECONDS) is False
        assert len(rung) == 2, "the alarm that came first was heard"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, earlier)


@needs_alarms
def test_registered_checks_and_detectors_have_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_RULES, "dawdles", None)
    register("dawdles", seconds=LIMIT_SECONDS)(lambda reply, value: loops(reply))
    with pytest.raises(UsageError, match="check 'dawdles' did not return within 0.2 s"):
        verify("dawdles", True, "reply")
    monkeypatch.setitem(DETECTORS, "dawdles", None)
    register_detector("dawdles", seconds=LIMIT_SECONDS)(lambda transcript, value: loops(""))
    with pytest.raises(UsageError, match="leak detector 'dawdles' did not return within 0.2 s"):
        DETECTORS["dawdles"].detect(None, True)


def test_a_functions_own_time_out_is_its_own_error() -> None:
    def gives_up(reply: str) -> bool:
        raise TimeoutError("the server is slow")

    with pytest.raises(UsageError, match="raised TimeoutError: the server is slow"):
        ask("the check 'slow'", gives_up, "reply", seconds=5)
