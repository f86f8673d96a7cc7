"""One exchange with an HTTP endpoint, limited in time and size; every failure raises ``ExchangeError``."""

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


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A handler that follows no redirect, because a redirect would send the key to another server."""

    def redirect_request(self, *args: Any) -> None:
        return None


def is_http(url: str) -> bool:
    """Return whether a URL is an http or https URL with a host."""
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def without_password(url: str) -> str:
    """Return a URL without its user name and password, so that it can be shown."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def exchange(
    url: str, body: Mapping[str, Any] | None, key: str, timeout_seconds: float, max_bytes: int = 1024 * 1024
) -> bytes:
    """Send a POST request with a JSON body, or a GET request, and return the complete answer.

    Args:
        url: the URL of the request.
        body: sent as JSON; None sends a GET request.
        key: sent as a bearer token; empty = none.
        timeout_seconds: the time limit for the complete answer.
        max_bytes: the size limit of the answer.

    Raises:
        ExchangeError: there is no complete answer.
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
    # A proxy cannot reach this machine's loopback addresses.
    direct = [urllib.request.ProxyHandler({})] if urlsplit(url).hostname in LOOPBACK else []
    return urllib.request.build_opener(_NoRedirect, *direct)


def _read(response: Any, timeout_seconds: float, max_bytes: int) -> bytes:
    """Return an answer within the limits of time and size.

    The socket's own timeout restarts with every packet, so it does not limit the total time.
    """
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
