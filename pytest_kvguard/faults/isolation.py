"""Runs work in a child process of its own, so that nothing it changes is left behind."""

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
    """What became of one piece of work.

    Attributes:
        number: which one.
        values: what it sent, in order.
        problem: why it did not come to its end; empty where it did.
    """

    number: int
    values: tuple[Any, ...]
    problem: str
    seconds: float


def can_isolate() -> bool:
    """Return whether processes can be forked here, with models loaded as they are."""
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
            # Threads of the parent do not live on in the child, which starts none.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.process.start()
        sender.close()

    def take(self) -> bool:
        """Take what was sent; return whether there will be more."""
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
        """Make sure that it is gone."""
        if problem:
            self.process.kill()
        self.process.join()
        self.receiver.close()
        if not self.finished and not problem:
            problem = f"the process died with exit code {self.process.exitcode}"
        return Ended(self.number, tuple(self.values), problem, time.monotonic() - self.started)


_END = "kvguard-end-of-work"


def _run(work: Callable[[Callable[[Any], None]], None], sender: Connection) -> None:
    """Do the work and leave without what the parent would do at its own end."""
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
    """Let nothing that runs with a fault in it write on the screen."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def run_isolated(
    works: Sequence[Callable[[Callable[[Any], None]], None]], at_once: int, limit_seconds: float
) -> Iterator[Ended]:
    """Run each work in a forked process, several at once, and yield what became of each as it ends.

    Args:
        works: called with a function that sends a value to this process.
        at_once: how many processes run side by side.
        limit_seconds: how long one may take before it is ended.
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
