"""A resolver that does not answer does not hold an exchange beyond its time limit."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from pytest_kvguard.backends.endpoint.address import Address, RequestPolicy
from pytest_kvguard.backends.endpoint.chat_server import ChatServer
from pytest_kvguard.errors import EndpointError, JudgeError
from pytest_kvguard.external.http_exchange import ExchangeError, exchange
from pytest_kvguard.verifiers.judge_endpoint import JudgeEndpoint

LIMIT_SECONDS, GRACE_SECONDS = 0.25, 2.0


@pytest.fixture(autouse=True)
def _no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: threading.Event().wait(20))


def test_an_exchange_with_a_host_that_cannot_be_looked_up_ends_in_time() -> None:
    started = time.monotonic()
    with pytest.raises(ExchangeError) as caught:
        exchange("http://server.invalid/v1", None, "", LIMIT_SECONDS)
    assert time.monotonic() - started < LIMIT_SECONDS + GRACE_SECONDS
    assert (caught.value.trouble, caught.value.said) == (
        "unreachable", "the address of server.invalid could not be looked up in time"
    )  # fmt: skip


def test_so_do_questions_to_servers_and_judges() -> None:
    started = time.monotonic()
    server = ChatServer(Address("http://server.invalid/v1", model="tiny"), RequestPolicy(LIMIT_SECONDS, retries=0))
    with pytest.raises(EndpointError, match="cannot be reached: the address of server.invalid could not be looked up"):
        server.ask([{"role": "user", "content": "Hello!"}], 8)
    judge = JudgeEndpoint("http://judge.invalid/v1", "tiny", timeout_seconds=LIMIT_SECONDS)
    with pytest.raises(JudgeError, match="cannot be reached: the address of judge.invalid could not be looked up"):
        judge.ask("is polite", "hello")
    assert time.monotonic() - started < 2 * (LIMIT_SECONDS + GRACE_SECONDS)
