"""A client of one OpenAI-compatible server; all its failures are ``EndpointError``s."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pytest_kvguard.backends.endpoint.address import Address, RequestPolicy
from pytest_kvguard.backends.endpoint.completion import read_completion
from pytest_kvguard.backends.endpoint.identity import Identity, read_identity
from pytest_kvguard.backends.endpoint.pauses import Pace, ask_with_retries, is_transient
from pytest_kvguard.backends.endpoint.traits import TRIAL_MESSAGES, TRIAL_TOKENS, Traits, find_traits
from pytest_kvguard.backends.endpoint.unusable import MalformedAnswer, UnusableCompletion
from pytest_kvguard.errors import EndpointError
from pytest_kvguard.external.api_key import hide, password_in
from pytest_kvguard.external.http_exchange import ExchangeError, exchange
from pytest_kvguard.external.json_text import read_json
from pytest_kvguard.values.results import Reply

__all__ = ["ChatServer"]

MAX_BYTES = 16 * 1024 * 1024
IDENTITY_SECONDS = 5.0
"""The time limit of each question about a server's identity; one that it leaves unanswered is the last."""
GIVEN_UP_AFTER = 3
"""The number of consecutive failed requests after which a server is given up."""

Message = Mapping[str, str]
Answer = TypeVar("Answer")


class ChatServer:
    """Sends requests to one server, after a trial request that detects its capabilities.

    Args:
        address: address of the server.
        requests: policy of the requests.
    """

    def __init__(self, address: Address, requests: RequestPolicy = RequestPolicy()) -> None:  # noqa: B008 - frozen
        self.address = address
        self.requests = requests
        self._pace = Pace(requests.per_second)
        self._lock = threading.Lock()
        self._traits: Traits | None = None
        self._identity: Identity | None = None
        self._model = address.model
        self._failed_in_a_row = 0
        self._gone = ""

    @property
    def model(self) -> str:
        """Name of the model at the server.

        Raises:
            EndpointError: the server lists no model.
        """
        if not self._model:
            self._model = self._try(self._first_model, self.requests.retries)
        return self._model

    @property
    def traits(self) -> Traits:
        """The capabilities of the server.

        Raises:
            EndpointError: the server does not answer.
        """
        with self._lock:
            if self._traits is None:
                self._traits = self._try(lambda: find_traits(self._send_trial), retries=0, is_trial=True)
            return self._traits

    @property
    def identity(self) -> Identity:
        """What the server says it is; empty for one that does not tell."""
        with self._lock:
            if self._identity is None:
                self._identity = self._read_identity()
            return self._identity

    def _read_identity(self) -> Identity:
        root, is_silent = self.address.base.removesuffix("/v1"), False

        def get(path: str) -> bytes:
            nonlocal is_silent
            if is_silent:
                return b""
            self._pace.wait()
            try:
                seconds = min(IDENTITY_SECONDS, self.requests.timeout_seconds)
                return exchange(root + path, None, self.address.key, seconds, MAX_BYTES)
            except ExchangeError as error:
                is_silent = error.trouble != "status"
                return b""

        return read_identity(get)

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks on its replies for the reader of a report."""
        told = str(self.identity)
        return (*self.traits.notes(self.address.place), *([f"server at {self.address.place}: {told}"] if told else []))

    def ask(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        sampling: Mapping[str, Any] | None = None,
        cached: bool = False,
    ) -> Reply:
        """Return the reply to a conversation.

        Args:
            messages: the conversation so far.
            max_tokens: limit on the reply.
            sampling: ``temperature``, ``top_p`` and ``seed``; None decodes greedily.
            cached: let the server reuse shared prefixes.

        Raises:
            EndpointError: the server gives no reply; one that was given up is not asked again.
        """
        extras = dict(self.traits.extras)
        if cached and "cache_prompt" in extras:
            extras["cache_prompt"] = True
        further = {**extras, **(sampling or {})}
        return self._try(lambda: self._complete(messages, max_tokens, further), self.requests.retries)

    def _send_trial(self, extras: Mapping[str, Any]) -> Reply:
        return ask_with_retries(lambda: self._complete(TRIAL_MESSAGES, TRIAL_TOKENS, extras), self.requests.retries)

    def _complete(self, messages: Sequence[Message], max_tokens: int, further: Mapping[str, Any]) -> Reply:
        body = {
            "model": self._model or self._first_model(),
            "messages": list(messages),
            "max_tokens": max_tokens,
            "temperature": 0,
            **further,
        }
        return read_completion(self._exchange("/chat/completions", body), max_tokens)

    def _first_model(self) -> str:
        answer = self._exchange("/models", None)
        try:
            name = read_json(answer)["data"][0]["id"]
            name.encode()
        except (ValueError, KeyError, IndexError, TypeError, AttributeError):
            raise MalformedAnswer("no list of models; name the model with --kv-endpoint-model=NAME") from None
        self._model = str(name)
        return self._model

    def _exchange(self, path: str, body: Mapping[str, Any] | None) -> bytes:
        self._pace.wait()
        return exchange(
            self.address.base + path, body, self.address.key, self.requests.timeout_seconds, max_bytes=MAX_BYTES
        )

    def _try(self, ask: Callable[[], Answer], retries: int, is_trial: bool = False) -> Answer:
        """Return an answer, asked for with retries; count the consecutive failures.

        A server that fails the trial, a plain request, fails every other.
        """
        if self._gone:
            raise EndpointError(f"{self._gone} (It was not asked again.)")
        try:
            answer = ask_with_retries(ask, retries)
        except (ExchangeError, MalformedAnswer) as error:
            raise self._explain(error, is_trial) from None
        self._failed_in_a_row = 0
        return answer

    def _explain(self, error: ExchangeError | MalformedAnswer, is_trial: bool) -> EndpointError:
        explained = EndpointError(f"the server at {self.address.place} {self._hide(_problem(error, self.requests))}.")
        if isinstance(error, UnusableCompletion):
            self._failed_in_a_row = 0  # the server answers: the failure is this conversation's alone
            return explained
        self._failed_in_a_row += is_transient(error)
        is_unreachable = getattr(error, "trouble", "") == "unreachable"
        if is_trial or is_unreachable or self._failed_in_a_row >= GIVEN_UP_AFTER:
            self._gone = str(explained)
        return explained

    def _hide(self, text: str) -> str:
        return hide(text, self.address.key, password_in(self.address.url))


def _problem(error: ExchangeError | MalformedAnswer, requests: RequestPolicy) -> str:
    tries = f", {requests.retries + 1} times" if requests.retries and is_transient(error) else ""
    if isinstance(error, UnusableCompletion):
        return f"answered {error}"
    if isinstance(error, MalformedAnswer):
        return f"answered {error}{tries}. Check that it is a chat-completions server, and its log"
    if error.trouble == "status":
        return f"answered with status {error.status}{tries}: {error.said!r}. Check its URL, model, key and log"
    if error.trouble == "slow":
        allowed = f"did not answer within {requests.timeout_seconds:g} s{tries}"
        return f"{allowed}. Check its log, or allow it longer: -o kv_endpoint_timeout=SECONDS"
    if error.trouble == "large":
        return f"answered with more than {MAX_BYTES // 2**20} MiB. Check that it is a chat-completions server"
    return f"cannot be reached{tries}: {error.said}. Check that it is up, and its URL"
