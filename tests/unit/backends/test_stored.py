"""Stored outcomes are not run again; missing and incomplete ones are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from pathlib import Path

import pytest

from pytest_kvguard.backends.protocol import OnOutcome, Progress, TurnOutcome, TurnRequest
from pytest_kvguard.backends.stored import Stored
from pytest_kvguard.backends.turn_key import TurnKeys
from pytest_kvguard.errors import PromptError
from pytest_kvguard.models import template_clock
from pytest_kvguard.result_store.store import ResultStore
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.results import Reply
from tests.unit.backends.test_turn_key import KEYS, REQUEST

ASKED = [replace(REQUEST, turns=(f"Question {number}?",), replies=()) for number in range(4)]


class Engine:
    """Answers one request after the other; some are errors, and one may end everything."""

    title = "an engine"
    null_changes = ("batch",)

    def __init__(self, refuses: Sequence[TurnRequest] = (), dies_at: TurnRequest | None = None) -> None:
        self.refuses = refuses
        self.dies_at = dies_at
        self.asked: list[TurnRequest] = []

    def run_turns(
        self, requests: Sequence[TurnRequest], progress: Progress | None = None, on_outcome: OnOutcome | None = None
    ) -> list[TurnOutcome | Exception]:
        outcomes: list[TurnOutcome | Exception] = []
        for number, request in enumerate(requests):
            if request == self.dies_at:
                raise KeyboardInterrupt
            self.asked.append(request)
            outcome = PromptError("too long") if request in self.refuses else answer(request)
            if on_outcome and isinstance(outcome, TurnOutcome):
                on_outcome(number, outcome)
            outcomes.append(outcome)
        return outcomes


def answer(request: TurnRequest) -> TurnOutcome:
    return TurnOutcome(Reply(f"you asked {request.turns[-1]}", (1, 2), "stop"))


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    return ResultStore(tmp_path, 1 << 20)


def stored(store: ResultStore, engine: Engine | None, facts_key: str | None = "f" * 64) -> Stored:
    def make() -> Engine:
        assert engine is not None, "nothing was missing, yet the engine was created"
        return engine

    return Stored(make, store, KEYS, facts_key)


def test_a_second_run_creates_no_engine(store: ResultStore) -> None:
    first = stored(store, Engine())
    outcomes = [first.title, first.null_changes, first.run_turns(ASKED)]
    second = stored(store, None)
    assert [second.title, second.null_changes, second.run_turns(ASKED)] == outcomes
    assert outcomes[2] == [answer(request) for request in ASKED]
    assert (first.reused, first.computed, second.reused, second.computed) == (0, 4, 4, 0)


def test_only_what_is_missing_is_run_and_answers_stay_in_order(store: ResultStore) -> None:
    stored(store, Engine()).run_turns(ASKED[1::2])
    engine = Engine()
    assert stored(store, engine).run_turns(ASKED) == [answer(request) for request in ASKED]
    assert engine.asked == ASKED[::2]


def test_turns_that_finished_before_an_interruption_are_not_run_again(store: ResultStore) -> None:
    with pytest.raises(KeyboardInterrupt):
        stored(store, Engine(dies_at=ASKED[2])).run_turns(ASKED)
    engine = Engine()
    stored(store, engine).run_turns(ASKED)
    assert engine.asked == ASKED[2:]


def test_errors_are_run_again_each_at_its_place(store: ResultStore) -> None:
    outcomes = stored(store, Engine(refuses=ASKED[:1])).run_turns(ASKED)
    assert isinstance(outcomes[0], PromptError) and outcomes[1:] == [answer(request) for request in ASKED[1:]]
    engine = Engine()
    assert stored(store, engine).run_turns(ASKED) == [answer(request) for request in ASKED]
    assert engine.asked == ASKED[:1]


def test_broken_entries_are_run_again(store: ResultStore) -> None:
    stored(store, Engine()).run_turns(ASKED)
    for entry in store.entries():
        entry.path.write_bytes(entry.path.read_bytes()[:-1])
    engine = Engine()
    assert stored(store, engine).run_turns(ASKED) == [answer(request) for request in ASKED]
    assert engine.asked == ASKED


def test_an_entry_of_another_shape_is_run_again(store: ResultStore) -> None:
    key = KEYS.turn(ASKED[0])
    assert key is not None
    store.put(key, b'{"reply": "text"}')
    assert stored(store, Engine()).run_turns(ASKED[:1]) == [answer(ASKED[0])]


def test_a_request_without_a_key_is_run_every_time_and_not_stored(store: ResultStore) -> None:
    unknown = replace(REQUEST, cell=Cell.of("no_such_module:Mine", "0.5"))
    for _ in range(2):
        engine = Engine()
        stored(store, engine, facts_key=None).run_turns([unknown])
        assert engine.asked == [unknown]
    assert store.entries() == []


class Clock(datetime):
    """A clock that can be set."""

    at = datetime(2026, 3, 1, 12, 0)

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return cls.at


def test_a_reply_is_not_reused_after_the_date_that_its_template_prints(
    store: ResultStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template_clock, "datetime", Clock)
    dated, undated = replace(KEYS, clock=("%d %b %Y",)), KEYS

    def asks(keys: TurnKeys) -> int:
        engine = Engine()
        Stored(lambda: engine, store, keys, None).run_turns(ASKED[:1])
        return len(engine.asked)

    assert [asks(dated), asks(undated)] == [1, 1]
    monkeypatch.setattr(Clock, "at", datetime(2026, 3, 1, 23, 59))
    assert [asks(dated), asks(undated)] == [0, 0]
    monkeypatch.setattr(Clock, "at", datetime(2026, 3, 2, 0, 0))
    assert [asks(dated), asks(undated)] == [1, 0]
    monkeypatch.setattr(Clock, "at", datetime(2026, 3, 1, 8, 0))
    assert asks(dated) == 0


def test_a_reply_that_saw_the_date_change_is_not_kept(store: ResultStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template_clock, "datetime", Clock)
    keys = replace(KEYS, clock=("%d",))

    class Slow(Engine):
        def run_turns(self, *args: object, **named: object) -> list[TurnOutcome | Exception]:
            Clock.at = datetime(2026, 3, 2, 0, 1)
            return super().run_turns(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Clock, "at", datetime(2026, 3, 1, 23, 59))
    Stored(Slow, store, keys, None).run_turns(ASKED[:1])
    monkeypatch.setattr(Clock, "at", datetime(2026, 3, 1, 23, 59))
    engine = Engine()
    Stored(lambda: engine, store, keys, None).run_turns(ASKED[:1])
    assert len(engine.asked) == 1


def test_nothing_is_kept_where_the_reading_of_the_clock_is_unknown() -> None:
    assert replace(KEYS, clock=None).turn(REQUEST) is None
