"""A completion that is no reply is the error of its own conversation: a server with a table of bad habits."""

from __future__ import annotations

import json
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_kvguard.backends.endpoint import pauses
from pytest_kvguard.backends.endpoint.address import Address, RequestPolicy
from pytest_kvguard.backends.endpoint.backend import Endpoints
from pytest_kvguard.backends.endpoint.chat_server import ChatServer
from pytest_kvguard.backends.endpoint.completion import FINISH_REASONS, read_completion
from pytest_kvguard.backends.endpoint.unusable import UnusableCompletion
from pytest_kvguard.backends.protocol import TurnOutcome, TurnRequest
from pytest_kvguard.contract.parse import parse_contract
from pytest_kvguard.errors import EndpointError
from pytest_kvguard.values.cell import ON_SERVER, Cell
from tests.chat_server import chat_server, reply

ASKED = "When do you open?"
OTHERS = ("Where are you?", "Who are you?", "What do you sell?", "How much is it?")
SHOP = f"""
kvguard: 1
name: shop
context:
  instructions:
    - {{id: hours, text: "We open at 9:30.", check: {{contains: "9:30"}}}}
probes: {{opening: "{ASKED}"}}
"""


def completion(content: Any = "we open", finish: Any = "stop", tokens: Any = 2, **further: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": content, **further}
    return {"choices": [{"message": message, "finish_reason": finish}], "usage": {"completion_tokens": tokens}}


def with_tokens(*tokens: Any) -> dict[str, Any]:
    answer = completion()
    answer["choices"][0]["logprobs"] = {"content": list(tokens)}
    return answer


def token(text: Any = "we", logprob: Any = -0.5) -> dict[str, Any]:
    return {"token": text, "logprob": logprob}


def without(key: str) -> dict[str, Any]:
    answer = completion()
    del answer["choices"][0][key]
    return answer


NO_REPLY = "which is no reply"
UNKNOWN_END = "so that it is not known whether it is a whole reply"
NO_LOGPROB = "a logprob is a finite number"
NO_COUNT = "as usage.completion_tokens"
HALF = "half a character in"

UNUSABLE: dict[str, tuple[dict[str, Any], str]] = {
    "withheld by a filter": (completion("", "content_filter", 0), f"'content_filter', {NO_REPLY}: a filter"),
    "half of it withheld": (completion("we op", "content_filter"), f"'content_filter', {NO_REPLY}: a filter"),
    "broken off": (completion("", "error", 0), f"'error', {NO_REPLY}: the server broke off"),
    "broken off after a word": (completion("we", "error", 1), f"'error', {NO_REPLY}"),
    "tool calls that are none": (completion("", "tool_calls"), f"'tool_calls', {NO_REPLY}: it has no tool call"),
    "a function call that is none": (completion(None, "function_call", function_call={}), "'function_call', which"),
    "a tool call without a name": (completion("", "tool_calls", tool_calls=[{"function": {}}]), "without a name: {}"),
    "a tool call that is a text": (completion("", "stop", tool_calls=["weather"]), "without a name: 'weather'"),
    "tool calls that are a text": (completion("", "stop", tool_calls="weather"), "tool calls that are no list"),
    "finish reason null": (completion(finish=None), f"reason None, {UNKNOWN_END}"),
    "no finish reason": (without("finish_reason"), UNKNOWN_END),
    "finish reason unknown": (completion(finish="abort"), "reason 'abort', so that it is not known"),
    "finish reason empty": (completion(finish=""), UNKNOWN_END),
    "finish reason a number": (completion(finish=1), UNKNOWN_END),
    "finish reason a list": (completion(finish=["stop"]), UNKNOWN_END),
    "finish reason without end": (completion(finish="x" * 100_000), "xxx…"),
    "content null": (completion(None), "no text: its content is None"),
    "content a number": (completion(5), "no text: its content is 5"),
    "content a list": (completion([{"type": "text", "text": "we open"}]), "no text: its content is [{"),
    "lone surrogate": (completion("we \ud800 open"), f"{HALF} its content: '\\ud800'"),
    "lone surrogate in a token": (with_tokens(token("\udfff")), f"{HALF} a token"),
    "token a number": (with_tokens(token(7)), "a token whose text is 7"),
    "token null": (with_tokens(token(None)), "a token whose text is None"),
    "logprob NaN": (with_tokens(token(logprob=float("nan"))), f"nan as the logprob of the token 'we'; {NO_LOGPROB}"),
    "logprob -Infinity": (with_tokens(token(), token(logprob=float("-inf"))), "-inf as the logprob of the token 'we'"),
    "logprob above 0": (with_tokens(token(logprob=3.0)), "3.0 as the logprob of the token 'we'; no logprob is above 0"),
    "more logprobs than tokens": (with_tokens(*[token()] * 5000), "5000 logprobs for a reply that has at most"),
    "several choices": ({**completion(), "choices": completion()["choices"] * 2}, "2 choices where one was asked for"),
    "an error beside a reply": ({**completion(), "error": {"message": "overloaded"}}, "a completion and an error at"),
    "logprob Infinity": (with_tokens(token(logprob=float("inf"))), NO_LOGPROB),
    "logprob null": (with_tokens(token(logprob=None)), NO_LOGPROB),
    "logprob a text": (with_tokens(token(logprob="nan")), NO_LOGPROB),
    "logprob true": (with_tokens(token(logprob=True)), NO_LOGPROB),
    "logprob of 400 digits": (with_tokens(token(logprob=-(10**400))), NO_LOGPROB),
    "no logprob": (with_tokens({"token": "we"}), NO_LOGPROB),
    "logprobs a text": (with_tokens("we"), "logprobs that are no list of tokens"),
    "a trillion tokens": (completion(tokens=10**12), f"1000000000000 {NO_COUNT} of a reply of 7 bytes"),
    "more tokens than bytes and than asked for": (completion(tokens=65), f"65 {NO_COUNT}"),
    "fewer than no tokens": (completion(tokens=-1), f"-1 {NO_COUNT}"),
    "a text of no tokens": (completion(tokens=0), "allowed are whole numbers from 1 to "),
    "tokens a fraction": (completion(tokens=2.5), f"2.5 {NO_COUNT}"),
    "tokens NaN": (completion(tokens=float("nan")), f"nan {NO_COUNT}"),
    "tokens true": (completion(tokens=True), f"True {NO_COUNT}"),
    "tokens a text": (completion(tokens="2"), f"'2' {NO_COUNT}"),
    "tokens null": (completion(tokens=None), "neither usage.completion_tokens nor logprobs"),
    "usage a list": ({**completion(), "usage": [2]}, "neither usage.completion_tokens nor logprobs"),
}
"""Habit → the completion, and what is said of it."""

every_habit = pytest.mark.parametrize("habit", UNUSABLE)


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pauses, "FIRST_PAUSE_SECONDS", 0.001)


def body_of(answer: Any) -> bytes:
    return json.dumps(answer).encode()


def requests(tmp_path: Path) -> list[TurnRequest]:
    """One to the server about the opening hours, between others about something else."""
    path = tmp_path / "shop.kv.yaml"
    path.write_text(SHOP)
    contract = parse_contract(path)
    asked = TurnRequest(contract, contract.written_order, (ASKED,), (), Cell(kernel=ON_SERVER), "context")
    others = [replace(asked, turns=(turn,)) for turn in OTHERS]
    return [*others[:2], asked, asked, asked, *others[2:]]


@every_habit
def test_a_completion_that_is_no_reply_is_the_error_of_its_own_conversation(habit: str, tmp_path: Path) -> None:
    """Three of a kind in a row do not have the server given up, and each is asked for once."""
    answer, said = UNUSABLE[habit]

    def respond(body: dict[str, Any]) -> tuple[int, bytes]:
        return 200, body_of(answer) if body["messages"][-1]["content"] == ASKED else reply("we sell bread")

    with chat_server(respond) as server:
        baseline = ChatServer(Address(server.url), RequestPolicy(timeout_seconds=30, retries=2))
        outcomes = Endpoints(baseline, {}).run_turns(requests(tmp_path))
    for error in outcomes[2:5]:
        assert isinstance(error, EndpointError) and said in str(error)
        assert str(error).startswith(f"the server at {server.url} answered ") and len(str(error)) < 700
    assert all(isinstance(outcome, TurnOutcome) for outcome in outcomes[:2] + outcomes[5:])
    assert sum(body["messages"][-1]["content"] == ASKED for body in server.bodies) == 3


@every_habit
def test_a_server_that_knows_nothing_else_is_an_error_in_its_own_words(habit: str, tmp_path: Path) -> None:
    answer, said = UNUSABLE[habit]
    with chat_server(lambda body: (200, body_of(answer))) as server:
        outcomes = Endpoints(ChatServer(Address(server.url), RequestPolicy(retries=0)), {}).run_turns(
            requests(tmp_path)
        )
    assert all(isinstance(outcome, EndpointError) and said in str(outcome) for outcome in outcomes)


def test_an_answer_allocates_nothing_that_it_claims() -> None:
    body = body_of(completion(tokens=10**9))
    tracemalloc.start()
    try:
        with pytest.raises(UnusableCompletion):
            read_completion(body, 32)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_an_empty_reply_that_ended_is_a_reply() -> None:
    assert read_completion(body_of(completion("", "stop", 1)), 32).text == ""
    assert read_completion(body_of(completion("", "length", 32)), 32).stopped == "length"


def test_a_refusal_is_a_reply() -> None:
    assert read_completion(body_of(completion(None, refusal="I cannot say", tokens=3)), 32).text == "I cannot say"


def test_a_reply_may_be_longer_than_the_cap_that_a_server_ignores() -> None:
    assert len(read_completion(body_of(completion("we open at 9:30", tokens=6)), 4).token_ids) == 6


def test_token_ids_that_cannot_be_are_made_of_the_texts() -> None:
    for absurd in (2**31, -1, True, 10**30, 1.5, "7"):
        (made,) = read_completion(body_of(with_tokens({**token(), "id": absurd})), 32).token_ids
        assert made == read_completion(body_of(with_tokens(token())), 32).token_ids[0]


def test_every_finish_reason_is_documented() -> None:
    page = (Path(__file__).parents[4] / "docs/how-to/test-servers.md").read_text()
    assert all(f"| `{reason}` |" in page for reason in FINISH_REASONS)
