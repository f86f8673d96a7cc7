"""A time limit for Python code that is not ours."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["call_in_time"]

Result = TypeVar("Result")


class _Stop(BaseException):
    """Raised inside a call that ran out of time; the call may well catch every ``Exception``."""


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
