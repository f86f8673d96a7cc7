"""Concurrent requests to several servers, with a queue for each."""

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
    """Yield questions with their answers as they come; the questions of a queue are asked in order.

    When the caller stops iterating, as on Ctrl-C, no further question is asked, and pending answers are not awaited.

    Args:
        queues: the questions for each server.
        ask: returns the answer; called from several threads.
        at_once: number of concurrent questions of a queue.

    Raises:
        Exception: any exception of ``ask``.
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
    """Daemon threads that ask, so that a silent server cannot keep the process alive."""

    def __init__(self, ask: Callable[[Question], Answer]) -> None:
        self._ask = ask
        self._answers: queue.SimpleQueue[tuple[Question, Answer] | BaseException] = queue.SimpleQueue()
        self.over = threading.Event()

    def start(self, questions: Sequence[Question], at_once: int, name: str) -> None:
        waiting: queue.SimpleQueue[Question] = queue.SimpleQueue()
        for question in questions:
            waiting.put(question)
        for _ in range(min(at_once, len(questions))):
            threading.Thread(target=self._work, args=(waiting,), name=name, daemon=True).start()

    def next_answer(self) -> tuple[Question, Answer]:
        answer = self._answers.get()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _work(self, waiting: queue.SimpleQueue[Question]) -> None:
        while not self.over.is_set():
            try:
                question = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                self._answers.put((question, self._ask(question)))
            except BaseException as error:  # next_answer raises it
                self._answers.put(error)
