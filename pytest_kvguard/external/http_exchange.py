"""One exchange with an HTTP endpoint, limited in time and size; every failure raises ``ExchangeError``.

The time limit is one deadline by the clock. A socket's own time-out restarts with every packet, so a server that sends
a byte now and then would hold the exchange for ever; here every wait for the network gets only the time that is left.
"""

from __future__ import annotations

import http.client
import io
import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from pytest_kvguard.external.time_limit import call_in_time

__all__ = ["ExchangeError", "Trouble", "exchange", "is_http", "same_place", "without_password"]

CHUNK_BYTES = 64 * 1024
SHOWN_CHARACTERS = 200
LOOPBACK = ("127.0.0.1", "localhost", "::1")

Trouble = Literal["status", "slow", "unreachable", "large"]


class ExchangeError(Exception):
    """An exchange without a complete answer.

    Attributes:
        trouble: the kind of failure.
        said: the message of the server or the operating system.
        status: the HTTP status; 0 if there is none.
        retry_after: the header ``Retry-After``, unparsed; empty if there is none.
    """

    def __init__(self, trouble: Trouble, said: str = "", status: int = 0, retry_after: str = "") -> None:
        super().__init__(said)
        self.trouble = trouble
        self.said = said
        self.status = status
        self.retry_after = retry_after


class _Deadline:
    """The moment at which an exchange must be over."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left.

        Raises:
            TimeoutError: none are.
        """
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds


class _TimedReader(io.RawIOBase):
    """Reads from a socket until the deadline; at least the next byte must arrive before it."""

    def __init__(self, connection: socket.socket, deadline: _Deadline) -> None:
        self._connection = connection
        self._deadline = deadline
        self._raw = connection.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._connection.settimeout(self._deadline.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Timed(http.client.HTTPConnection):
    """A connection that connects, sends and receives before one deadline."""

    def __init__(self, *args: Any, deadline: _Deadline, **options: Any) -> None:
        super().__init__(*args, **options)
        self._deadline = deadline
        self._create_connection = self._connect  # http.client's own would allow every address the whole time
        self.response_class = self._response  # type: ignore[assignment]

    def _connect(self, address: tuple[str, int], *_: Any) -> socket.socket:
        problem: OSError = OSError(f"{address[0]} has no address")
        for *_kind, place in self._look_up(address):
            try:
                connection = socket.create_connection((str(place[0]), int(place[1])), self._deadline.left())
            except OSError as error:
                problem = error
            else:
                connection.settimeout(self._deadline.left())  # for the handshake of TLS, which comes next
                return connection
        raise problem

    def _look_up(self, address: tuple[str, int]) -> list[Any]:
        """Return the addresses of a name; the resolver of the system knows no time limit, and may wait for minutes."""
        try:
            return call_in_time(lambda: socket.getaddrinfo(*address, type=socket.SOCK_STREAM), self._deadline.left())
        except TimeoutError:
            raise OSError(f"the address of {address[0]} could not be looked up in time") from None

    def _response(self, connection: socket.socket, *args: Any, **options: Any) -> http.client.HTTPResponse:
        response = http.client.HTTPResponse(connection, *args, **options)
        response.fp.close()
        response.fp = io.BufferedReader(_TimedReader(connection, self._deadline))
        return response

    def send(self, data: Any) -> None:
        """Send bytes; a server that takes them slowly does not get more time for every piece."""
        if self.sock is None:
            self.connect()
        for start in range(0, len(data), CHUNK_BYTES):
            self.sock.settimeout(self._deadline.left())
            super().send(data[start : start + CHUNK_BYTES])


class _TimedSecure(_Timed, http.client.HTTPSConnection):
    """The same over TLS."""


class _TimedHandler(urllib.request.HTTPHandler, urllib.request.HTTPSHandler):
    """A handler that opens connections with a deadline."""

    def __init__(self, deadline: _Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Timed, request, deadline=self._deadline)  # type: ignore[arg-type]

    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_TimedSecure, request, deadline=self._deadline)  # type: ignore[arg-type]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A handler that follows no redirect, because a redirect would send the key to another server."""

    def redirect_request(self, *args: Any) -> None:
        return None


def is_http(url: str) -> bool:
    """Return whether a URL is an http or https URL with a host."""
    try:
        parts = urlsplit(url)
        port = parts.port  # raises ValueError above 65535
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0


def same_place(one: str, other: str) -> bool:
    """Return whether two http URLs name the same path of the same port; all names of this machine are one."""
    return _place(one) == _place(other)


def _place(url: str) -> tuple[str, str, int | None, str]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    return (
        parts.scheme,
        "localhost" if host in LOOPBACK else host,
        parts.port or {"http": 80, "https": 443}.get(parts.scheme),
        parts.path.rstrip("/").removesuffix("/chat/completions"),
    )


def without_password(url: str) -> str:
    """Return a URL without its user name and password, fit to be shown; of what is no URL, the part behind any @."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.rpartition("@")[2]
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def exchange(
    url: str, body: Mapping[str, Any] | None, key: str, timeout_seconds: float, max_bytes: int = 1024 * 1024
) -> bytes:
    """Send a POST request with a JSON body, or a GET request, and return the complete answer.

    Args:
        url: the URL of the request.
        body: sent as JSON; None sends a GET request.
        key: sent as a bearer token; empty = none.
        timeout_seconds: the time limit for the whole exchange, from connecting to the end of the answer.
        max_bytes: the size limit of the answer.

    Raises:
        ExchangeError: there is no complete answer.
    """
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    data = None if body is None else json.dumps(body).encode()
    deadline = _Deadline(timeout_seconds)
    try:
        request = urllib.request.Request(url, data, headers)
        with _opener(url, deadline).open(request, timeout=timeout_seconds) as response:
            return _read(response, max_bytes)
    except urllib.error.HTTPError as error:
        raise _refused(error) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, TimeoutError):
            raise ExchangeError("slow") from None
        raise ExchangeError("unreachable", str(reason) or type(error).__name__) from None


def _opener(url: str, deadline: _Deadline) -> urllib.request.OpenerDirector:
    # A proxy cannot reach this machine's loopback addresses.
    direct = [urllib.request.ProxyHandler({})] if urlsplit(url).hostname in LOOPBACK else []
    return urllib.request.build_opener(_TimedHandler(deadline), _NoRedirect, *direct)


def _read(response: Any, max_bytes: int) -> bytes:
    chunks = bytearray()
    while chunk := response.read1(CHUNK_BYTES):
        chunks += chunk
        if len(chunks) > max_bytes:
            raise ExchangeError("large")
    return bytes(chunks)


def _refused(error: urllib.error.HTTPError) -> ExchangeError:
    try:
        with error:
            said = error.read(SHOWN_CHARACTERS).decode(errors="replace")
    except (OSError, http.client.HTTPException):
        said = ""
    return ExchangeError("status", said, error.code, error.headers.get("Retry-After", "") if error.headers else "")
