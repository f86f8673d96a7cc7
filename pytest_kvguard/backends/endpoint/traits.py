"""Detection of a server's capabilities, and of whether its replies repeat, before any reply is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_kvguard.external.http_exchange import ExchangeError
from pytest_kvguard.values.results import Reply

__all__ = ["EXTRAS", "TRIAL_MESSAGES", "TRIAL_TOKENS", "Traits", "find_traits"]

EXTRAS: tuple[Mapping[str, Any], ...] = (
    {"logprobs": True, "top_logprobs": 1, "cache_prompt": False},
    {"logprobs": True, "top_logprobs": 1},
    {"cache_prompt": False},
    {},
)
"""Parameters beyond a plain completion, most first; where a server refuses one set, the next is tried."""

TRIAL_MESSAGES = (
    {"role": "system", "content": "You are the assistant of a small bakery. Answer in two or three whole sentences."},
    {"role": "user", "content": "What should I know before I bake my first loaf of bread at home?"},
)
TRIAL_TOKENS = 32
REFUSED = (400, 404, 422)


@dataclass(frozen=True)
class Traits:
    """The capabilities of a server.

    Attributes:
        extras: parameters of every request beyond a plain completion.
        has_logprobs: whether replies come with logprobs.
        difference: how the replies to two equal requests differed; empty where they did not.
    """

    extras: Mapping[str, Any]
    has_logprobs: bool
    difference: str

    def notes(self, place: str) -> tuple[str, ...]:
        """Return remarks on the capabilities for the reader of a report."""
        notes = []
        if not self.has_logprobs:
            notes.append(f"no logprobs from {place}: distances are not measured, replies alone are judged")
        if self.difference:
            notes.append(
                f"not repeatable, {place}: two equal requests, one after the other, gave {self.difference}. Prompt "
                "caching, batching with other users' requests and load balancing do that; a loss may be such a "
                "difference, and the noise floor is the one of this run"
            )
        return tuple(notes)


def find_traits(ask: Callable[[Mapping[str, Any]], Reply]) -> Traits:
    """Return the traits of a server, after sending one request twice with as many extras as it accepts.

    Args:
        ask: sends ``TRIAL_MESSAGES`` with these extras.

    Raises:
        ExchangeError: the server does not answer a plain request either.
    """
    for extras in EXTRAS[:-1]:
        try:
            first = ask(extras)
        except ExchangeError as error:
            if error.status not in REFUSED:
                raise
        else:
            break
    else:
        extras = EXTRAS[-1]
        first = ask(extras)
    return Traits(extras, bool(first.logprobs), _difference(first, ask(extras)))


def _difference(first: Reply, second: Reply) -> str:
    if first.text != second.text:
        common = next((i for i, (a, b) in enumerate(zip(first.text, second.text, strict=False)) if a != b), None)
        return f"replies that differ from letter {common or min(len(first.text), len(second.text))} on"
    if first.logprobs != second.logprobs:
        gaps = [abs(a - b) for (_, a), (_, b) in zip(first.logprobs, second.logprobs, strict=False)]
        return f"the same text with logprobs up to {max(gaps, default=0.0):.2g} apart"
    return ""
