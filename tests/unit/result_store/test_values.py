"""Values converted to JSON and back are unchanged."""

from __future__ import annotations

import pickle

import pytest

from pytest_kvguard.backends.protocol import TurnOutcome
from pytest_kvguard.result_store.values import dump_value, load_value
from pytest_kvguard.values.results import CacheReport, KeepRate, PromptTokens, Reply

REPLY = Reply(
    "we open at 9:30 – ✓\x00\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), (5, 7, 2), "stop"
)
WHOLE = TurnOutcome(
    REPLY,
    CacheReport("1/3", 120, 80, 4096, 2731, ("a note", "another")),
    {"tone": KeepRate((0.1, 1 / 3), 9), "hours": KeepRate((1.0, 0.0), 4)},
    (((0, 1, 5), (0, 2, 5)), ((), (1,))),
    PromptTokens(("<s>", "We"), (None, "hours")),
)


@pytest.mark.parametrize("outcome", [WHOLE, TurnOutcome(REPLY)], ids=["compressed", "uncompressed"])
def test_an_outcome_is_read_back_equal_and_with_the_same_types(outcome: TurnOutcome) -> None:
    back = load_value(TurnOutcome, dump_value(outcome))
    assert back == outcome
    assert repr(back) == repr(outcome), "lists for tuples would show here"
    assert list(back.keep_rates) == list(outcome.keep_rates), "order and all"


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"1", b"null", b"{}", b'{"reply": 1}', b'{"reply": {"text": "a"}}', b'{"unknown": 1}', b"\xff"],
)
def test_a_text_that_is_not_an_outcome_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):
        load_value(TurnOutcome, text)


def test_reading_executes_no_code() -> None:
    with pytest.raises(ValueError):
        load_value(TurnOutcome, pickle.dumps(WHOLE))


def test_a_value_that_cannot_be_read_back_is_not_written() -> None:
    with pytest.raises(TypeError, match="a set cannot be stored"):
        dump_value(TurnOutcome(REPLY, kept={1}))  # type: ignore[arg-type]
