"""Answers that start well and break off, or never end, are errors and never replies."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import pytest

from pytest_kvguard.backends.endpoint.address import Address, RequestPolicy
from pytest_kvguard.backends.endpoint.chat_server import ChatServer
from pytest_kvguard.errors import EndpointError
from tests.chat_server import reply
from tests.raw_server import raw_server

WHOLE = reply("we open at 9:30")
HEADERS = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
HELLO = [{"role": "user", "content": "Hello!"}]


def complaint(answer: Callable[[socket.socket], None], timeout_seconds: float = 30.0) -> str:
    with raw_server(answer) as url, pytest.raises(EndpointError) as caught:
        ChatServer(Address(url, model="tiny"), RequestPolicy(timeout_seconds, retries=0)).ask(HELLO, 8)
    return str(caught.value)


def test_a_connection_that_ends_before_the_length_it_announced_gives_no_reply() -> None:
    def answer(connection: socket.socket) -> None:
        connection.sendall(HEADERS + b"Content-Length: %d\r\n\r\n" % len(WHOLE) + WHOLE[:-20])

    assert "is no chat completion" in complaint(answer)


def test_chunks_that_end_without_their_last_give_no_reply() -> None:
    def answer(connection: socket.socket) -> None:
        connection.sendall(HEADERS + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(WHOLE) + WHOLE[:-20])

    assert "cannot be reached" in complaint(answer)


def test_an_answer_that_drips_for_ever_ends_with_its_time() -> None:
    def answer(connection: socket.socket) -> None:
        connection.sendall(HEADERS + b"\r\n")
        pause = threading.Event()
        try:
            while True:
                connection.sendall(b" ")
                pause.wait(0.02)
        except OSError:
            return

    assert "did not answer within 0.3 s" in complaint(answer, timeout_seconds=0.3)
