"""Where a server is, and how it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_kvguard.errors import UsageError
from pytest_kvguard.external.http_exchange import is_http, without_password

__all__ = ["Address", "RequestPolicy"]


@dataclass(frozen=True)
class Address:
    """One server.

    Attributes:
        url: base URL, e.g. ``http://localhost:8080/v1``.
        model: the model's name there; empty = the first that the server lists.
        key: sent as a bearer token; empty = none. Never shown.
    """

    url: str
    model: str = ""
    key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Refuse what cannot be a server before anything is run.

        Raises:
            UsageError: the URL is not one of http or https.
        """
        if not is_http(self.url):
            raise UsageError(
                f"the server's URL {self.url!r} is not an http or https URL. Write one such as "
                "http://localhost:8080/v1."
            )

    @property
    def base(self) -> str:
        """The URL that paths are put behind."""
        return self.url.rstrip("/").removesuffix("/chat/completions")

    @property
    def place(self) -> str:
        """The URL as it may stand on a screen."""
        return without_password(self.base)


@dataclass(frozen=True)
class RequestPolicy:
    """How servers are asked.

    Attributes:
        timeout_seconds: for one whole answer.
        retries: how often a request that failed in passing is sent again.
        per_second: requests a second to each server; 0 = no limit.
        at_once: requests under way at each server at the same time.
    """

    timeout_seconds: float = 120.0
    retries: int = 3
    per_second: float = 0.0
    at_once: int = 1
