"""Servers are asked concurrently, each in order, and no run waits for a silent server at its end."""

from __future__ import annotations

import threading

import pytest

from pytest_kvguard.backends.endpoint.queues import ask_in_queues

PATIENCE_SECONDS = 60.0


def test_every_question_is_answered_and_a_queue_is_asked_in_order() -> None:
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return question.upper()

    queues = {"one": ["a1", "a2", "a3"], "two": ["b1", "b2"], "idle": []}
    answers = dict(ask_in_queues(queues, ask))
    assert answers == {"a1": "A1", "a2": "A2", "a3": "A3", "b1": "B1", "b2": "B2"}
    for letter in "ab":
        assert [question for question in asked if question[0] == letter] == sorted(
            question for question in answers if question[0] == letter
        )


def test_no_queue_waits_for_another() -> None:
    meeting = threading.Barrier(2)

    def ask(question: str) -> int:
        return meeting.wait(PATIENCE_SECONDS)

    answers = dict(ask_in_queues({"one": ["here"], "two": ["there"]}, ask))
    assert sorted(answers.values()) == [0, 1]


@pytest.mark.parametrize("at_once", [1, 3])
def test_a_queue_has_as_many_concurrent_questions_as_requested(at_once: int) -> None:
    counting, under_way, most = threading.Lock(), 0, 0
    full = threading.Event()

    def ask(question: int) -> None:
        nonlocal under_way, most
        with counting:
            under_way += 1
            most = max(most, under_way)
            if under_way == at_once:
                full.set()
        full.wait(PATIENCE_SECONDS)
        with counting:
            under_way -= 1

    assert len(list(ask_in_queues({"one": range(6)}, ask, at_once))) == 6
    assert most == at_once


def test_a_caller_that_stops_iterating_waits_for_nobody_and_no_further_question_is_asked() -> None:
    released, asked = threading.Event(), []

    def ask(question: str) -> str:
        asked.append(question)
        if question == "silent":
            released.wait(PATIENCE_SECONDS)
        return question

    answers = ask_in_queues({"one": ["quick"], "two": ["silent", "never"]}, ask)
    assert next(answers) == ("quick", "quick")
    answers.close()
    asking = [thread for thread in threading.enumerate() if thread.name == "kvguard-queue-1"]
    released.set()
    for thread in asking:
        thread.join(PATIENCE_SECONDS)
    assert "never" not in asked
    assert asking and all(thread.daemon for thread in asking)


def test_an_exception_is_raised_where_the_answers_are_awaited() -> None:
    def ask(question: str) -> str:
        raise ValueError(f"no idea of {question}")

    with pytest.raises(ValueError, match="no idea of ferries"):
        list(ask_in_queues({"one": ["ferries"]}, ask))
