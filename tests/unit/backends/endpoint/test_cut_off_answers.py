"""Answers that start well and break off, or never end, are errors and never replies."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from pytest_kvguard.backends.endpoint.address import Address, RequestPolicy
from pytest_kvguard.backends.endpoint.chat_server import ChatServer
from pytest_kvguard.errors import EndpointError
from tests.chat_server import reply

WHOLE = reply("we open at 9:30")
HEADERS = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
HELLO = [{"role": "user", "content": "Hello!"}]


def read_request(connection: socket.socket) -> None:
    """Read a request to its end: closing with unread data would reset the connection."""
    head, _, body = connection.recv(65536).partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    while length and len(body) < int(length.group(1)):
        body += connection.recv(65536)


@contextmanager
def raw_server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Answer every request with raw bytes, then hang up."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                read_request(connection)
                answer(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(30)


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
