"""One exchange with an HTTP endpoint, within a time and a size; whatever goes wrong is an ``ExchangeError``."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

__all__ = ["ExchangeError", "Trouble", "exchange", "is_http", "without_password"]

CHUNK_BYTES = 64 * 1024
SHOWN_CHARACTERS = 200
LOOPBACK = ("127.0.0.1", "localhost", "::1")

Trouble = Literal["status", "slow", "unreachable", "large"]


class ExchangeError(Exception):
    """An exchange that gave no whole answer.

    Attributes:
        trouble: what kind it is.
        said: for people: what the server or the system said.
        status: the HTTP status; 0 where there was none.
        retry_after: the header of that name, as it came; empty where there was none.
    """

    def __init__(self, trouble: Trouble, said: str = "", status: int = 0, retry_after: str = "") -> None:
        super().__init__(said)
        self.trouble = trouble
        self.said = said
        self.status = status
        self.retry_after = retry_after


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the key to whoever the endpoint names."""

    def redirect_request(self, *args: Any) -> None:
        return None


def is_http(url: str) -> bool:
    """Return whether a URL can be asked."""
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def without_password(url: str) -> str:
    """Return a URL that may stand on a screen."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def exchange(
    url: str, body: Mapping[str, Any] | None, key: str, timeout_seconds: float, max_bytes: int = 1024 * 1024
) -> bytes:
    """Post a JSON body, or get a URL, and return the whole answer.

    Args:
        url: what is asked.
        body: sent as JSON; None gets the URL.
        key: sent as a bearer token; empty = none.
        timeout_seconds: for the whole answer.
        max_bytes: of an answer.

    Raises:
        ExchangeError: there is no whole answer.
    """
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    data = None if body is None else json.dumps(body).encode()
    try:
        request = urllib.request.Request(url, data, headers)
        with _opener(url).open(request, timeout=timeout_seconds) as response:
            return _read(response, timeout_seconds, max_bytes)
    except urllib.error.HTTPError as error:
        raise _refused(error) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, TimeoutError):
            raise ExchangeError("slow") from None
        raise ExchangeError("unreachable", str(reason) or type(error).__name__) from None


def _opener(url: str) -> urllib.request.OpenerDirector:
    # No proxy can reach this very machine.
    direct = [urllib.request.ProxyHandler({})] if urlsplit(url).hostname in LOOPBACK else []
    return urllib.request.build_opener(_NoRedirect, *direct)


def _read(response: Any, timeout_seconds: float, max_bytes: int) -> bytes:
    """Read an answer within the time and size allowed; a socket's own time-out begins anew with every packet."""
    deadline, chunks = time.monotonic() + timeout_seconds, b""
    while chunk := response.read1(CHUNK_BYTES):
        chunks += chunk
        if time.monotonic() > deadline:
            raise TimeoutError
        if len(chunks) > max_bytes:
            raise ExchangeError("large")
    return chunks


def _refused(error: urllib.error.HTTPError) -> ExchangeError:
    try:
        with error:
            said = error.read(SHOWN_CHARACTERS).decode(errors="replace")
    except (OSError, http.client.HTTPException):
        said = ""
    return ExchangeError("status", said, error.code, error.headers.get("Retry-After", "") if error.headers else "")
