"""Asks servers side by side, each through a queue of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Generic, TypeVar

__all__ = ["ask_in_queues"]

Question = TypeVar("Question")
Answer = TypeVar("Answer")
Key = TypeVar("Key")


def ask_in_queues(
    queues: Mapping[Key, Sequence[Question]], ask: Callable[[Question], Answer], at_once: int = 1
) -> Generator[tuple[Question, Answer], None, None]:
    """Yield questions with their answers as these come; within a queue they are asked in order.

    When the caller stops listening, as on Ctrl-C, nothing further is asked, and answers under way are not awaited.

    Args:
        queues: by server, what it is asked.
        ask: returns the answer; from several threads.
        at_once: how many questions of a queue are under way.

    Raises:
        Exception: whatever ``ask`` raises.
    """
    asking = _Asking(ask)
    for number, questions in enumerate(queues.values()):
        asking.start(questions, at_once, f"kvguard-queue-{number}")
    try:
        for _ in range(sum(map(len, queues.values()))):
            yield asking.next_answer()
    finally:
        asking.over.set()


class _Asking(Generic[Question, Answer]):
    """Threads that ask; they end with the process, so that a silent server cannot keep it."""

    def __init__(self, ask: Callable[[Question], Answer]) -> None:
        self._ask = ask
        self._made: queue.SimpleQueue[tuple[Question, Answer] | BaseException] = queue.SimpleQueue()
        self.over = threading.Event()

    def start(self, questions: Sequence[Question], at_once: int, name: str) -> None:
        waiting: queue.SimpleQueue[Question] = queue.SimpleQueue()
        for question in questions:
            waiting.put(question)
        for _ in range(min(at_once, len(questions))):
            threading.Thread(target=self._work, args=(waiting,), name=name, daemon=True).start()

    def next_answer(self) -> tuple[Question, Answer]:
        made = self._made.get()
        if isinstance(made, BaseException):
            raise made
        return made

    def _work(self, waiting: queue.SimpleQueue[Question]) -> None:
        while not self.over.is_set():
            try:
                question = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                self._made.put((question, self._ask(question)))
            except BaseException as error:  # it belongs to whoever listens
                self._made.put(error)
