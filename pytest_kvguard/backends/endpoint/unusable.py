"""Answers of servers that are no reply."""

from __future__ import annotations

__all__ = ["SHOWN_CHARACTERS", "MalformedAnswer", "UnusableCompletion", "shown"]

SHOWN_CHARACTERS = 200


class MalformedAnswer(Exception):
    """An answer that is not a chat completion; the message describes it. The same request may succeed later."""


class UnusableCompletion(MalformedAnswer):
    """A chat completion that is no reply to judge; it concerns one conversation alone, and a retry does not help."""


def shown(value: object) -> str:
    """Return a value of a server as it may stand on a screen, cut off."""
    text = repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
