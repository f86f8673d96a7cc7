"""What a server can do and whether it repeats itself: found out once, before anything is judged by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_kvguard.external.http_exchange import ExchangeError
from pytest_kvguard.values.results import Reply

__all__ = ["EXTRAS", "PROBE", "PROBE_TOKENS", "Traits", "find_traits"]

EXTRAS: tuple[Mapping[str, Any], ...] = (
    {"logprobs": True, "top_logprobs": 1, "cache_prompt": False},
    {"logprobs": True, "top_logprobs": 1},
    {"cache_prompt": False},
    {},
)
"""What is asked for beside a plain completion, the most first; a server that refuses one is asked for the next."""

PROBE = (
    {"role": "system", "content": "You are the assistant of a small bakery. Answer in two or three whole sentences."},
    {"role": "user", "content": "What should I know before I bake my first loaf of bread at home?"},
)
PROBE_TOKENS = 32
REFUSED = (400, 404, 422)


@dataclass(frozen=True)
class Traits:
    """What was found out.

    Attributes:
        extras: what a request carries beside a plain completion.
        has_logprobs: whether replies come with logprobs.
        difference: how two equal requests were answered differently; empty where they were not.
    """

    extras: Mapping[str, Any]
    has_logprobs: bool
    difference: str

    def notes(self, place: str) -> tuple[str, ...]:
        """Return what a reader must know."""
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
    """Send one request twice, asking for as much as the server gives.

    Args:
        ask: sends ``PROBE`` with these extras.

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
