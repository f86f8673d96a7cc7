"""The client of one server: its requests, its replies and the messages of its failures."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from pytest_kvguard.backends.endpoint import pauses
from pytest_kvguard.backends.endpoint.address import Address, RequestPolicy
from pytest_kvguard.backends.endpoint.chat_server import ChatServer
from pytest_kvguard.errors import EndpointError, UsageError
from pytest_kvguard.values.results import Reply
from tests.chat_server import Answer, ChatServerStub, chat_server, reply, says

HELLO = [{"role": "user", "content": "Hello!"}]
ONCE = RequestPolicy(retries=0)


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pauses, "FIRST_PAUSE_SECONDS", 0.001)


def ask(server: ChatServerStub, requests: RequestPolicy = ONCE, **options: Any) -> Reply:
    return ChatServer(Address(server.url, key="k-123"), requests).ask(HELLO, 8, **options)


def complaint(answer: Answer, requests: RequestPolicy = ONCE) -> str:
    with chat_server(answer) as server, pytest.raises(EndpointError) as caught:
        ask(server, requests)
    return str(caught.value)


def is_trial(body: dict[str, Any]) -> bool:
    return body["messages"] != HELLO


def test_a_reply_has_text_tokens_logprobs_and_an_end() -> None:
    with chat_server(lambda body: (200, reply("we open at nine", finish="length"))) as server:
        answer = ask(server)
    assert (answer.text, len(answer.token_ids), answer.stopped) == ("we open at nine", 4, "length")
    assert answer.logprobs == (("we", 0.0), ("open", -0.1), ("at", -0.2), ("nine", -0.3))


def test_token_ids_are_the_servers_where_it_tells_them() -> None:
    token = {"id": 57, "token": "I", "logprob": -1}
    choice = {"message": {"content": "I"}, "finish_reason": "stop", "logprobs": {"content": [token]}}
    with chat_server(lambda body: (200, json.dumps({"choices": [choice]}).encode())) as server:
        assert ask(server).token_ids == (57,)


@pytest.mark.parametrize("logprobs", [True, False])
def test_token_ids_that_a_server_does_not_tell_are_equal_where_the_texts_are(logprobs: bool) -> None:
    def ids(text: str) -> tuple[int, ...]:
        with chat_server(lambda body: (200, reply(text, logprobs))) as server:
            return ask(server).token_ids

    assert ids("we open") == ids("we open")
    assert ids("we open") != ids("we close")
    assert len(ids("we open now")) == 3


def test_a_request_is_greedy_and_without_prompt_reuse_and_carries_the_key() -> None:
    with chat_server(says({})) as server:
        ask(server)
    assert server.bodies[-1] == {
        "model": "tiny",
        "messages": HELLO,
        "max_tokens": 8,
        "temperature": 0,
        "logprobs": True,
        "top_logprobs": 1,
        "cache_prompt": False,
    }
    assert set(server.keys) == {"Bearer k-123"}


def test_sampling_and_prompt_reuse_are_sent_on_request() -> None:
    with chat_server(says({})) as server:
        ask(server, sampling={"temperature": 0.7, "top_p": 0.9, "seed": 5}, cached=True)
    body = server.bodies[-1]
    assert (body["temperature"], body["top_p"], body["seed"], body["cache_prompt"]) == (0.7, 0.9, 5, True)


@pytest.mark.parametrize("refused", ["cache_prompt", "logprobs"])
def test_an_extra_that_a_server_refuses_is_not_sent_again(refused: str) -> None:
    with chat_server(lambda body: (400, b"unknown") if refused in body else says({})(body)) as server:
        asked = ChatServer(Address(server.url), ONCE)
        asked.ask(HELLO, 8)
        notes = asked.notes
    assert refused not in server.bodies[-1]
    assert bool(notes) == (refused == "logprobs")


def test_a_server_that_ignores_the_request_for_logprobs_has_a_note() -> None:
    with chat_server(lambda body: (200, reply("fine", logprobs=False))) as server:
        asked = ChatServer(Address(server.url), ONCE)
        assert asked.ask(HELLO, 8).logprobs == ()
        assert asked.notes == (f"no logprobs from {server.url}: distances are not measured, replies alone are judged",)


def test_a_server_that_repeats_itself_has_no_notes_and_is_asked_twice_before_anything_else() -> None:
    with chat_server(says({})) as server:
        asked = ChatServer(Address(server.url), ONCE)
        asked.ask(HELLO, 8)
        asked.ask(HELLO, 8)
        assert asked.notes == ()
    assert [is_trial(body) for body in server.bodies] == [True, True, False, False]
    assert server.bodies[0] == server.bodies[1]


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (reply("good night"), "gave replies that differ from letter 5 on. Prompt caching"),
        (reply("good day", shift=0.25), "gave the same text with logprobs up to 0.25 apart. Prompt caching"),
    ],
)
def test_a_server_that_is_not_repeatable_is_called_so(second: bytes, said: str) -> None:
    answers = iter([reply("good day"), second, reply("fine")])
    with chat_server(lambda body: (200, next(answers))) as server:
        asked = ChatServer(Address(server.url), ONCE)
        asked.ask(HELLO, 8)
        (note,) = asked.notes
    assert note.startswith(f"not repeatable, {server.url}: two equal requests, one after the other, {said}")


@pytest.mark.parametrize(
    "trouble", [(500, b"boom"), (429, b"slowly", {"Retry-After": "0"}), (200, b'{"choices": [{"me')]
)
def test_a_transient_failure_is_retried(trouble: tuple[int, bytes]) -> None:
    failures = iter([trouble, trouble])
    with chat_server(
        lambda body: (200, reply("fine")) if is_trial(body) else next(failures, (200, reply("fine")))
    ) as s:
        assert ask(s, RequestPolicy(retries=2)).text == "fine"


def test_a_lasting_failure_is_an_error_that_says_how_often_it_was_tried() -> None:
    said = complaint(lambda body: (500, b"out of memory"), RequestPolicy(retries=2))
    assert "answered with status 500, 3 times: 'out of memory'. Check its URL, model, key and log." in said


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_failure_that_a_retry_cannot_change_is_asked_once_in_each_form(status: int) -> None:
    with chat_server(lambda body: (status, b"no")) as server, pytest.raises(EndpointError, match=f"status {status}"):
        ask(server, RequestPolicy(retries=5))
    assert len(server.bodies) == (4 if status == 404 else 1)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "answered '' (0 bytes), which is no chat completion"),
        (reply("good day")[:-30], "bytes), which is no chat completion"),
        (b"<html>", "answered '<html>' (6 bytes), which is no chat completion"),
        (b'{"choices": []}', "which is no chat completion"),
        (b'{"choices": [{"message": {"content": null}}]}', "answered no text: its content is None"),
        (b'{"choices": [{"message": {"content": "hi"}}]}', "neither usage.completion_tokens nor logprobs"),
    ],
)
def test_an_answer_that_is_no_completion_is_an_error_and_never_a_reply(body: bytes, said: str) -> None:
    assert said in complaint(lambda _: (200, body))


def test_a_slow_server_is_an_error_that_says_how_to_allow_it_longer() -> None:
    with chat_server(lambda body: server.over.wait() and None) as server:
        with pytest.raises(EndpointError, match="did not answer within 0.1 s.*-o kv_endpoint_timeout=SECONDS"):
            ask(server, RequestPolicy(timeout_seconds=0.1, retries=0))
        server.over.set()


def test_a_server_that_died_is_an_error_and_is_not_asked_again() -> None:
    with chat_server(lambda body: says({})(body) if is_trial(body) else None) as server:
        asked = ChatServer(Address(server.url), ONCE)
        for expected in ("cannot be reached: .*closed connection", "It was not asked again"):
            with pytest.raises(EndpointError, match=expected):
                asked.ask(HELLO, 8)
    assert len(server.bodies) == 3


def test_nobody_there_is_an_error_with_the_place() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        with pytest.raises(EndpointError, match=f"the server at {url} cannot be reached: .*refused"):
            ChatServer(Address(url), ONCE).ask(HELLO, 8)


def test_a_server_that_fails_for_good_three_times_running_is_given_up() -> None:
    with chat_server(lambda body: says({})(body) if is_trial(body) else (503, b"busy")) as server:
        asked = ChatServer(Address(server.url), ONCE)
        for _ in range(5):
            with pytest.raises(EndpointError, match="status 503"):
                asked.ask(HELLO, 8)
    assert len(server.bodies) == 2 + 3


def test_a_key_that_the_server_repeats_is_not_shown() -> None:
    said = complaint(lambda body: (401, b"bad key k-123"))
    assert "bad key ***" in said
    assert "k-123" not in repr(Address("http://localhost/v1", key="k-123"))


@pytest.mark.parametrize("url", ["localhost:8000", "file:///etc/passwd", "http://", ""])
def test_a_url_that_is_not_http_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(UsageError, match="not an http or https URL"):
        Address(url)


def test_a_password_in_the_url_is_not_shown() -> None:
    assert Address("http://ann:secret@localhost:8000/v1/chat/completions").place == "http://localhost:8000/v1"
