"""What one detector found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Conversation", "Detector", "Finding"]


@dataclass(frozen=True)
class Conversation:
    """What a detector looks at.

    Attributes:
        replies: the model's replies, one per turn.
        protected_text: the text that must stay secret as a whole.
        user_turns: what the user said; repeating that is no leak.
    """

    replies: tuple[str, ...]
    protected_text: str
    user_turns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One detector's answer.

    Attributes:
        leaked: True when the secret came out.
        observed: the evidence, short.
    """

    leaked: bool
    observed: str


@dataclass(frozen=True)
class Detector:
    """A named way of looking for a leak.

    Attributes:
        name: the key written in a contract's ``no_leak``.
        value_schema: JSON Schema of its value.
        describe: value → what is expected, short.
        detect: (conversation, value) → finding.
        problem: value → what is wrong with it beyond its schema, or None.
    """

    name: str
    value_schema: Mapping[str, Any]
    describe: Callable[[Any], str]
    detect: Callable[[Conversation, Any], Finding]
    problem: Callable[[Any], str | None]
