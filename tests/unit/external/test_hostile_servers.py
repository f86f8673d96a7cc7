"""Whatever a server does, an exchange is over within its time limit, and gives bytes or an ``ExchangeError``."""

from __future__ import annotations

import contextlib
import itertools
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator

import pytest

from pytest_kvguard.backends.endpoint.address import Address, RequestPolicy
from pytest_kvguard.backends.endpoint.chat_server import ChatServer
from pytest_kvguard.errors import EndpointError, JudgeError
from pytest_kvguard.external.http_exchange import ExchangeError, exchange
from pytest_kvguard.verifiers.judge_endpoint import JudgeEndpoint
from tests.raw_server import raw_server

LIMIT_SECONDS = 0.25
GRACE_SECONDS = 2.0
MAX_BYTES = 64 * 1024

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
BODY = b'{"choices": [{"message": {"content": "we open at 9:30"}, "finish_reason": "stop"}]}'
WHOLE = OK + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY

Behaviour = Callable[[socket.socket], None]


def says(*pieces: bytes) -> Behaviour:
    """Send bytes and hang up."""
    return lambda connection: connection.sendall(b"".join(pieces))


def then_is_silent(*pieces: bytes) -> Behaviour:
    """Send bytes and hold the connection."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(b"".join(pieces))
        hold(connection)

    return answer


def hold(connection: socket.socket) -> None:
    """Wait until the other side hangs up."""
    connection.settimeout(10)
    with contextlib.suppress(OSError):
        while connection.recv(4096):
            pass


def drips(start: bytes, endless: Iterable[bytes], pause: float = 0.02) -> Behaviour:
    """Send some bytes, then pieces without end, with pauses shorter than any time-out of a socket."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(start)
        for piece in endless:
            connection.sendall(piece)
            if pause:
                threading.Event().wait(pause)

    return answer


def each(data: bytes) -> Iterator[bytes]:
    return (bytes([byte]) for byte in data)


def forever(piece: bytes) -> Iterator[bytes]:
    return itertools.repeat(piece)


def resets(*pieces: bytes) -> Behaviour:
    """Send bytes and reset the connection."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(b"".join(pieces))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return answer


def slow_body(status: bytes, rest: bytes = b"") -> Behaviour:
    return drips(b"HTTP/1.1 " + status + b"\r\n" + rest + b"\r\n", forever(b"x"))


BEHAVIOURS: dict[str, Callable[[], Behaviour]] = {
    "hangs up at once": says,
    "resets at once": resets,
    "says nothing": then_is_silent,
    "drips the status line": lambda: drips(b"", each(OK * 100)),
    "drips a status line without end": lambda: drips(b"HTTP/1.1 200 ", forever(b"O")),
    "drips a header": lambda: drips(OK + b"X-Slow: ", forever(b"a")),
    "drips headers": lambda: drips(OK, (b"X-%d: a\r\n" % number for number in itertools.count())),
    "drips blank continuation lines": lambda: drips(OK + b"X: a\r\n", forever(b" \r\n")),
    "stops within the status line": lambda: then_is_silent(b"HTTP/1.1 2"),
    "stops within the headers": lambda: then_is_silent(OK, b"Content-Le"),
    "stops before the body": lambda: then_is_silent(OK, b"Content-Length: 10\r\n\r\n"),
    "stops within the body": lambda: then_is_silent(WHOLE[:-5]),
    "100 Continue without end": lambda: drips(b"", forever(b"HTTP/1.1 100 Continue\r\n\r\n"), pause=0),
    "100 Continue slowly": lambda: drips(b"", forever(b"HTTP/1.1 100 Continue\r\n\r\n")),
    "100 Continue with headers without end": lambda: drips(b"HTTP/1.1 100 Continue\r\n", forever(b"A: b\r\n"), pause=0),
    "103 Early Hints slowly": lambda: drips(b"", forever(b"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n")),
    "101 Switching Protocols": lambda: then_is_silent(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
    "204 with a body": lambda: says(b"HTTP/1.1 204 No Content\r\n\r\n", BODY),
    "304": lambda: says(b"HTTP/1.1 304 Not Modified\r\n\r\n"),
    "drips the body": lambda: slow_body(b"200 OK"),
    "drips the announced body": lambda: slow_body(b"200 OK", b"Content-Length: 100000\r\n"),
    "drips the body of a 400": lambda: slow_body(b"400 Bad Request"),
    "drips the body of a 401": lambda: slow_body(b"401 Unauthorized", b'WWW-Authenticate: Basic realm="x"\r\n'),
    "drips the body of a 429": lambda: slow_body(b"429 Too Many Requests", b"Retry-After: 0\r\n"),
    "drips the body of a 500": lambda: slow_body(b"500 Internal Server Error", b"Content-Length: 100\r\n"),
    "drips the chunks of a 503": lambda: drips(b"HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n", forever(b"0")),
    "redirects, and drips": lambda: slow_body(b"302 Found", b"Location: http://127.0.0.1:9/\r\n"),
    "redirects to a file": lambda: says(b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n"),
    "redirects to itself": lambda: says(b"HTTP/1.1 307 Again\r\nLocation: /v1\r\nContent-Length: 0\r\n\r\n"),
    "drips a chunk size": lambda: drips(CHUNKED, forever(b"0")),
    "drips a chunk extension": lambda: drips(CHUNKED + b"5;", forever(b"a")),
    "drips chunks of one byte": lambda: drips(CHUNKED, forever(b"1\r\nx\r\n")),
    "drips trailers": lambda: drips(CHUNKED + b"0\r\n", forever(b"A: b\r\n")),
    "trailers without end": lambda: drips(CHUNKED + b"0\r\n", forever(b"A: b\r\n"), pause=0),
    "a chunk size that is no number": lambda: says(CHUNKED, b"zz\r\nabc\r\n"),
    "a negative chunk size": lambda: says(CHUNKED, b"-5\r\nabc\r\n"),
    "a chunk of 2**70 bytes": lambda: then_is_silent(CHUNKED, b"%x\r\nabc" % 2**70),
    "a chunk that breaks off": lambda: says(CHUNKED, b"50\r\nabc"),
    "a body without end": lambda: drips(OK + b"\r\n", forever(b"x" * 8192), pause=0),
    "chunks without end": lambda: drips(CHUNKED, forever(b"2000\r\n" + b"x" * 8192 + b"\r\n"), pause=0),
    "a length of 2**70": lambda: then_is_silent(OK, b"Content-Length: %d\r\n\r\nabc" % 2**70),
    "a length of 5,000 digits": lambda: says(OK, b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nabc"),
    "a negative length": lambda: says(OK, b"Content-Length: -1\r\n\r\n", BODY),
    "a length that is no number": lambda: says(OK, b"Content-Length: ten\r\n\r\n", BODY),
    "two lengths": lambda: says(OK, b"Content-Length: 3\r\nContent-Length: 90\r\n\r\n", BODY),
    "fewer bytes than announced": lambda: says(WHOLE[:-5]),
    "more bytes than announced": lambda: says(WHOLE, b"x" * 4096),
    "a reset within the body": lambda: resets(WHOLE[:-5]),
    "a header of 100 KB": lambda: says(OK, b"X: " + b"a" * 100_000 + b"\r\n\r\n", BODY),
    "1,000 headers": lambda: says(OK, b"X: a\r\n" * 1000, b"\r\n", BODY),
    "a status line of 100 KB": lambda: says(b"HTTP/1.1 200 ", b"O" * 100_000),
    "no HTTP at all": lambda: says(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "HTTP/0.9": lambda: says(BODY),
    "HTTP/9.9": lambda: says(b"HTTP/9.9 200 OK\r\n\r\n", BODY),
    "a status that is no number": lambda: says(b"HTTP/1.1 abc OK\r\n\r\n"),
    "status 999": lambda: says(b"HTTP/1.1 999 What\r\n\r\n", BODY),
    "bytes that are no text": lambda: says(OK, b"\r\n", bytes(range(256)) * 10),
    "an empty body": lambda: says(OK, b"Content-Length: 0\r\n\r\n"),
    "nested JSON": lambda: says(OK, b"\r\n", b"[" * 60_000),
    "a number of 60,000 digits": lambda: says(OK, b"\r\n", b"9" * 60_000),
    "a fence of blanks": lambda: says(OK, b"\r\n", BODY.replace(b"we open", b"```" + b" " * 50_000 + b"we open")),
    "a whole answer": lambda: says(WHOLE),
    "a whole answer, and the connection stays open": lambda: then_is_silent(WHOLE),
}


def guarded(behaviour: Behaviour) -> Behaviour:
    def answer(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            behaviour(connection)

    return answer


def by_exchange(url: str) -> None:
    with contextlib.suppress(ExchangeError):
        assert isinstance(exchange(url, {"a": "b"}, "", LIMIT_SECONDS, MAX_BYTES), bytes)


def by_chat_server(url: str) -> None:
    server = ChatServer(Address(url, model="tiny"), RequestPolicy(LIMIT_SECONDS, retries=0))
    with contextlib.suppress(EndpointError):
        server.ask([{"role": "user", "content": "Hello!"}], 8)


def by_list_of_models(url: str) -> None:
    server = ChatServer(Address(url, model=""), RequestPolicy(LIMIT_SECONDS, retries=0))
    with contextlib.suppress(EndpointError):
        server.ask([{"role": "user", "content": "Hello!"}], 8)


def by_judge(url: str) -> None:
    with contextlib.suppress(JudgeError):
        JudgeEndpoint(url, "tiny", timeout_seconds=LIMIT_SECONDS).ask("is polite", "hello")


@pytest.mark.parametrize(
    ("client", "exchanges"), [(by_exchange, 1), (by_chat_server, 1), (by_list_of_models, 2), (by_judge, 1)]
)
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_an_exchange_with_a_hostile_server_ends_in_time_with_an_answer_or_a_word(
    behaviour: str, client: Callable[[str], None], exchanges: int
) -> None:
    with raw_server(guarded(BEHAVIOURS[behaviour]())) as url:
        start = time.monotonic()
        client(url)
        assert time.monotonic() - start < exchanges * LIMIT_SECONDS + GRACE_SECONDS
