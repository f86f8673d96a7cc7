from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import pytest

from pytest_kvguard.faults.isolation import Ended, can_isolate, run_isolated

pytestmark = pytest.mark.skipif(not can_isolate(), reason="processes are not forked here")

Send = Callable[[Any], None]
CHANGED: list[str] = []


def change(send: Send) -> None:
    CHANGED.append("changed")
    send(("what", len(CHANGED)))


def die(send: Send) -> None:
    send("first")
    os._exit(7)


def explode(send: Send) -> None:
    raise RuntimeError("broken")


def hang(send: Send) -> None:
    send("first")
    time.sleep(60)


def ended(*works: Callable[[Send], None], at_once: int = 2, limit: float = 30) -> dict[int, Ended]:
    return {end.number: end for end in run_isolated(works, at_once, limit)}


def test_what_work_changes_is_not_left_behind() -> None:
    results = ended(change, change, change)
    assert [results[number].values for number in range(3)] == [(("what", 1),)] * 3
    assert CHANGED == []


def test_a_process_that_dies_is_told_with_what_it_sent() -> None:
    end = ended(die)[0]
    assert end.values == ("first",)
    assert end.problem == "the process died with exit code 7"


def test_work_that_raises_does_not_come_to_its_end() -> None:
    assert ended(explode)[0].problem == "the process died with exit code 1"


def test_work_that_hangs_is_ended() -> None:
    end = ended(hang, limit=0.5)[0]
    assert end.values == ("first",)
    assert end.problem == "not done after 0 seconds"


def test_one_that_hangs_keeps_nobody_waiting() -> None:
    results = ended(hang, change, change, at_once=2, limit=3)
    assert [bool(results[number].problem) for number in range(3)] == [True, False, False]
