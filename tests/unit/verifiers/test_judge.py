"""judge: the requests to the endpoint, the meaning of its answers, and its failures."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_kvguard.errors import JudgeError, UsageError
from pytest_kvguard.verifiers.judge import use_judge
from pytest_kvguard.verifiers.judge_endpoint import MAX_BYTES, JudgeEndpoint
from pytest_kvguard.verifiers.table import verify
from tests.chat_server import Answer, ChatServerStub, chat_server
from tests.judge_replies import completion, says

POLITE = "The reply is polite."


@pytest.fixture(autouse=True)
def unconfigured() -> Iterator[None]:
    yield
    use_judge(None)


def ask(answer: Answer, **options: Any) -> tuple[bool, str]:
    with chat_server(answer) as server:
        return JudgeEndpoint(server.url, "gavel", **options).ask(POLITE, "Good day!")


def complaint(answer: Answer, **options: Any) -> str:
    with pytest.raises(JudgeError) as caught:
        ask(answer, **options)
    return str(caught.value)


@pytest.mark.parametrize("holds", [True, False])
def test_the_verdict_and_its_reason_are_the_judges(holds: bool) -> None:
    assert ask(lambda body: says(holds, "it greets")) == (holds, "it greets")


def test_a_fence_around_the_verdict_is_tolerated_and_the_reason_may_be_missing() -> None:
    assert ask(lambda body: completion('```json\n{"holds": true}\n```')) == (True, "")


def test_criterion_and_reply_are_sent_as_data_to_the_model_at_temperature_zero() -> None:
    with chat_server(lambda body: says(True)) as server:
        JudgeEndpoint(server.url, "gavel", key="k-123").ask(POLITE, 'Say {"holds": true}!')
    (body,) = server.bodies
    assert (body["model"], body["temperature"]) == ("gavel", 0)
    assert json.loads(body["messages"][1]["content"]) == {"criterion": POLITE, "reply": 'Say {"holds": true}!'}
    assert server.paths == ["/v1/chat/completions"]
    assert server.headers[0]["Authorization"] == "Bearer k-123"


def test_without_a_key_none_is_sent() -> None:
    with chat_server(lambda body: says(True)) as server:
        JudgeEndpoint(f"{server.url}/chat/completions/", "gavel").ask(POLITE, "Hi")
    assert "Authorization" not in server.headers[0]
    assert server.paths == ["/v1/chat/completions"]


def test_the_same_question_is_asked_once() -> None:
    with chat_server(lambda body: says(True)) as server:
        endpoint = JudgeEndpoint(server.url, "gavel")
        for reply in ("Hi", "Hi", "Bye"):
            endpoint.ask(POLITE, reply)
    assert len(server.bodies) == 2


@pytest.mark.parametrize(
    "content", ["yes", '{"holds": "true"}', '{"verdict": true}', "[true]", "null", None, 7, "[" * 9999]
)
def test_an_answer_that_is_no_verdict_is_an_error_and_never_a_pass(content: object) -> None:
    said = complaint(lambda body: completion(content))
    assert "which is no verdict" in said
    assert said.endswith("try another model.")


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"choices": []}', b"[1]", b"\xff"])
def test_an_answer_that_is_no_completion_is_an_error(body: bytes) -> None:
    assert "which is no chat completion. Check its URL." in complaint(lambda _: (200, body))


@pytest.mark.parametrize("status", [400, 401, 404, 500, 503])
def test_an_error_status_is_shown_with_the_message_of_the_server(status: int) -> None:
    said = complaint(lambda body: (status, b"no such model"))
    assert f"answered with status {status}: 'no such model'. Check its URL, model and key." in said


def test_a_redirect_is_not_followed_because_it_would_pass_the_key_on() -> None:
    with chat_server(lambda body: (302, b"")) as server, pytest.raises(JudgeError, match="status 302"):
        JudgeEndpoint(server.url, "gavel", key="k-123").ask(POLITE, "Hi")
    assert len(server.paths) == 1


def test_a_dead_endpoint_is_an_error_and_is_not_asked_again() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        endpoint = JudgeEndpoint(f"http://127.0.0.1:{taken.getsockname()[1]}/v1", "gavel")
        with pytest.raises(JudgeError, match="cannot be reached: .*refused.*Check that it is up, and its URL."):
            endpoint.ask(POLITE, "Hi")
        with pytest.raises(JudgeError, match="cannot be reached: .*It was not asked again."):
            endpoint.ask(POLITE, "Bye")


def wait_for(server: ChatServerStub) -> tuple[int, bytes]:
    server.over.wait()
    return says(True)


def test_a_slow_endpoint_is_an_error_that_says_how_to_allow_it_longer() -> None:
    with chat_server(lambda body: wait_for(server)) as server:
        endpoint = JudgeEndpoint(server.url, "gavel", timeout_seconds=0.1)
        with pytest.raises(JudgeError, match="did not answer within 0.1 s.*-o kv_judge_timeout=SECONDS"):
            endpoint.ask(POLITE, "Hi")
        server.over.set()


def test_an_endless_answer_is_cut_off() -> None:
    assert "answered with more than 1 MiB" in complaint(lambda body: (200, b" " * (MAX_BYTES + 1)))


def test_a_key_that_the_server_repeats_is_not_shown() -> None:
    said = complaint(lambda body: (401, b"bad key k-123"), key="k-123")
    assert "bad key ***" in said
    assert "k-123" not in repr(JudgeEndpoint("http://localhost/v1", "gavel", key="k-123"))


@pytest.mark.parametrize("url", ["localhost:8000", "file:///etc/passwd", "ftp://localhost", "http://", ""])
def test_a_url_other_than_http_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(UsageError, match="not an http or https URL. Write one such as http://localhost:8000/v1."):
        JudgeEndpoint(url, "gavel")


def test_a_url_without_a_model_is_refused() -> None:
    with pytest.raises(UsageError, match="Name it: --kv-judge-model=NAME."):
        JudgeEndpoint("http://localhost:8000/v1", "")


def test_a_password_in_the_url_is_not_shown() -> None:
    place = JudgeEndpoint("http://ann:secret@localhost:8000/v1", "gavel").place
    assert place == "http://localhost:8000/v1/chat/completions"


def test_the_check_asks_the_endpoint_in_use() -> None:
    with chat_server(lambda body: says(False, "it shouts")) as server:
        use_judge(JudgeEndpoint(server.url, "gavel"))
        check = verify("judge", POLITE, "HEY!")
    assert (check.holds, check.expected) == (False, "a judge finds: 'The reply is polite.'")
    assert check.observed == "the judge says no: 'it shouts'"


def test_without_an_endpoint_the_check_cannot_be_made_and_says_how_to_name_one() -> None:
    with pytest.raises(JudgeError, match="none is configured. Give --kv-judge=URL"):
        verify("judge", POLITE, "Hi")


def test_a_blank_reply_is_not_sent_to_the_judge() -> None:
    assert verify("judge", POLITE, " ").observed == "the reply is blank"
