"""A leak detector: the transcript that it reads and the detection that it returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Detection", "Detector", "Transcript"]


@dataclass(frozen=True)
class Transcript:
    """One conversation, as a detector reads it.

    Attributes:
        replies: the model's replies, one per turn.
        protected_text: the text that must stay secret as a whole.
        user_turns: the user's messages; repeating them is no leak.
    """

    replies: tuple[str, ...]
    protected_text: str
    user_turns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Detection:
    """The answer of one detector.

    Attributes:
        leaked: whether the secret leaked.
        observed: the evidence, short.
    """

    leaked: bool
    observed: str


@dataclass(frozen=True)
class Detector:
    """A named method of detecting a leak.

    Attributes:
        name: the key written in a contract's ``no_leak``.
        value_schema: JSON Schema of its value.
        describe: value → the expectation, short.
        detect: (transcript, value) → detection.
        problem: value → the mistake in it that its schema does not catch, or None.
    """

    name: str
    value_schema: Mapping[str, Any]
    describe: Callable[[Any], str]
    detect: Callable[[Transcript, Any], Detection]
    problem: Callable[[Any], str | None]
