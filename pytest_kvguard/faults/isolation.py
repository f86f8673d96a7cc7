"""Runs functions in child processes of their own, so that their changes end with the process."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

__all__ = ["Ended", "can_isolate", "run_isolated"]


@dataclass(frozen=True)
class Ended:
    """The end of one piece of work.

    Attributes:
        number: index of the work.
        values: the values that it sent, in order.
        problem: why it did not finish; empty where it did.
        seconds: how long it ran.
    """

    number: int
    values: tuple[Any, ...]
    problem: str
    seconds: float


def can_isolate() -> bool:
    """Return whether this system can fork processes that share the loaded models."""
    return hasattr(os, "fork") and sys.platform != "darwin"


class _Child:
    def __init__(self, number: int, work: Callable[[Callable[[Any], None]], None], limit: float) -> None:
        self.number, self.values, self.finished = number, [], False  # type: ignore[var-annotated]
        self.started = time.monotonic()
        self.deadline = self.started + limit
        context = multiprocessing.get_context("fork")
        self.receiver, sender = context.Pipe(duplex=False)
        self.process = context.Process(target=_run, args=(work, sender), daemon=True)
        with warnings.catch_warnings():
            # The warning is about threads of the parent, which the child does not need.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.process.start()
        sender.close()

    def take(self) -> bool:
        """Store the next value that the child sent; return whether more may come."""
        try:
            value = self.receiver.recv()
        except EOFError:
            return False
        if value is _END or value == _END:
            self.finished = True
            return False
        self.values.append(value)
        return True

    def end(self, problem: str = "") -> Ended:
        """Wait for the process, which a problem kills, and return how it ended."""
        if problem:
            self.process.kill()
        self.process.join()
        self.receiver.close()
        if not self.finished and not problem:
            problem = f"the process died with exit code {self.process.exitcode}"
        return Ended(self.number, tuple(self.values), problem, time.monotonic() - self.started)


_END = "kvguard-end-of-work"


def _run(work: Callable[[Callable[[Any], None]], None], sender: Connection) -> None:
    """Do the work and exit without the exit handlers that the child inherits from its parent."""
    code = 1
    try:
        _silence()
        work(sender.send)
        sender.send(_END)
        code = 0
    finally:
        sender.close()
        os._exit(code)


def _silence() -> None:
    """Send standard output and standard error to nowhere: code with a fault in it may print anything."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def run_isolated(
    works: Sequence[Callable[[Callable[[Any], None]], None]], at_once: int, limit_seconds: float
) -> Iterator[Ended]:
    """Run each piece of work in a forked process, several at once, and yield each end as it comes.

    Args:
        works: functions, called with a function that sends a value to this process.
        at_once: number of processes that run at the same time.
        limit_seconds: time after which a process is killed.
    """
    waiting, running = list(enumerate(works)), list[_Child]()
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                running.append(_Child(*waiting.pop(0), limit_seconds))
            ready = wait([child.receiver for child in running], timeout=0.2)
            for child in list(running):
                over = child.receiver in ready and not child.take()
                late = time.monotonic() > child.deadline
                if over or late:
                    running.remove(child)
                    yield child.end("" if over else f"not done after {limit_seconds:.0f} seconds")
    finally:
        for child in running:
            child.end("the run was ended")
