"""A time limit for Python code that is not ours."""

from __future__ import annotations

import ctypes
import signal
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["PASSED_ON", "call_here_in_time", "call_in_time"]

Result = TypeVar("Result")


AGAIN_SECONDS = 0.05
"""How long after an alarm the next one comes, for a function that catches everything and goes on."""


class _Stop(BaseException):
    """Raised inside a call that ran out of time; the call may well catch every ``Exception``."""


PASSED_ON = (_Stop, KeyboardInterrupt)
"""What code that catches the exceptions of a timed call must not catch: the limit, and the user's Ctrl-C."""


def call_in_time(function: Callable[[], Result], seconds: float) -> Result:
    """Return what a function returns, called in a thread of its own.

    A call that runs out of time is ended at its next step of Python. One that is within a single step of C is left
    behind, and ends with the process at the latest.

    Raises:
        TimeoutError: the call took longer.
    """
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append((True, function()))
        except _Stop:
            return
        except BaseException as error:  # noqa: BLE001 - raised again by the caller
            outcome.append((False, error))

    thread = threading.Thread(target=run, name="kvguard-time-limit", daemon=True)
    thread.start()
    thread.join(seconds)
    if not outcome and thread.is_alive():
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_Stop))
        raise TimeoutError(f"longer than {seconds:g} s")
    succeeded, value = outcome[0]
    if succeeded:
        return value  # type: ignore[no-any-return]
    raise value


def call_here_in_time(function: Callable[[], Result], seconds: float) -> Result:
    """Return what a function returns, called in this thread if an alarm can end it here, else as ``call_in_time`` does.

    An alarm also ends what a thread cannot: a search of ``re``, a sleep, a wait for a socket. A step of C that heeds no
    signal is ended by neither.

    Raises:
        TimeoutError: the call took longer.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return call_in_time(function, seconds)
    started = time.monotonic()
    earlier = signal.getsignal(signal.SIGALRM)
    left, interval = signal.getitimer(signal.ITIMER_REAL)
    if 0 < left < seconds:  # another alarm, such as pytest-timeout's, comes first, and must be heard
        return function()
    try:
        try:
            signal.signal(signal.SIGALRM, _stop)
            signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN_SECONDS)
            result = function()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        if time.monotonic() - started > seconds:  # it caught the alarm
            raise _Stop
        return result
    except _Stop:
        raise TimeoutError(f"longer than {seconds:g} s") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)  # again, because the alarm may come just before the line above
        signal.signal(signal.SIGALRM, earlier)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - started), AGAIN_SECONDS), interval)


def _stop(*_: object) -> None:
    raise _Stop
