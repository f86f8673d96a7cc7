"""Addresses of servers, and the policy of requests to them."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_kvguard.errors import UsageError
from pytest_kvguard.external.api_key import require_sendable
from pytest_kvguard.external.http_exchange import is_http, without_password

__all__ = ["Address", "RequestPolicy"]


@dataclass(frozen=True)
class Address:
    """The address of a server.

    Attributes:
        url: base URL, e.g. ``http://localhost:8080/v1``.
        model: name of the model at the server; empty = the first that the server lists.
        key: sent as a bearer token, and never shown; empty = none.
    """

    url: str
    model: str = ""
    key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Check the URL and the key before anything runs.

        Raises:
            UsageError: the URL is not an http or https URL, or no header can carry the key.
        """
        if not is_http(self.url):
            raise UsageError(
                f"the server's URL {without_password(self.url)!r} is not an http or https URL. Write one such as "
                "http://localhost:8080/v1."
            )
        require_sendable(self.key, f"the server at {without_password(self.url)}")

    @property
    def base(self) -> str:
        """The URL to which paths are appended."""
        return self.url.rstrip("/").removesuffix("/chat/completions")

    @property
    def place(self) -> str:
        """The URL without its password, for the screen."""
        return without_password(self.base)


@dataclass(frozen=True)
class RequestPolicy:
    """Timeout, retries and rate of requests to servers.

    Attributes:
        timeout_seconds: for one whole answer.
        retries: how often a request is sent again after a transient failure.
        per_second: requests a second to each server; 0 = no limit.
        at_once: number of concurrent requests to each server.
    """

    timeout_seconds: float = 120.0
    retries: int = 3
    per_second: float = 0.0
    at_once: int = 1
