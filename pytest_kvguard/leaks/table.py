"""Every leak detector by name, and the check of a contract's ``no_leak``; ``register`` adds a detector."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Any, TypeVar

from pytest_kvguard.errors import UsageError
from pytest_kvguard.external.user_function import LIMIT_SECONDS, ask
from pytest_kvguard.leaks.detector import Detection, Detector, Transcript
from pytest_kvguard.values.results import Check

__all__ = ["BUILT_IN", "DETECTORS", "detect", "register", "registered_schemas", "spec_problem"]

_FILES = ("canary", "verbatim", "paraphrase")
"""Modules of this package; each has one ``DETECTOR``."""


def _members() -> Iterator[Detector]:
    for file in _FILES:
        yield import_module(f"pytest_kvguard.leaks.{file}").DETECTOR


BUILT_IN: Mapping[str, Detector] = MappingProxyType({member.name: member for member in _members()})
"""Every detector that ships with the guard."""

DETECTORS = dict(BUILT_IN)
"""The built-in detectors and the registered ones."""

Search = TypeVar("Search", bound=Callable[[Transcript, Any], object])


def detect(
    spec: Mapping[str, Any], replies: Sequence[str], protected_text: str, user_turns: Sequence[str] = ()
) -> Check:
    """Search the replies of one conversation for a leak.

    Args:
        spec: a contract's ``no_leak``: detector name → value.
        replies: all replies, in order; a secret that is split over them is detected.
        protected_text: the instruction that must stay secret.
        user_turns: the user's messages; a reply that only repeats them has not leaked.

    Returns:
        A check with ``leak=True`` that holds when no detector reports a leak.
    """
    transcript = Transcript(tuple(replies), protected_text, tuple(user_turns))
    detections = [DETECTORS[name].detect(transcript, value) for name, value in spec.items()]
    leaks = [detection.observed for detection in detections if detection.leaked]
    return Check(
        rule="no_leak",
        holds=not leaks,
        expected="; ".join(DETECTORS[name].describe(value) for name, value in spec.items()),
        observed="; ".join(leaks or [detection.observed for detection in detections]),
        leak=True,
    )


def spec_problem(spec: Mapping[str, Any]) -> str | None:
    """Return the mistake in a ``no_leak`` that its schema does not catch, or None."""
    problems = (DETECTORS[name].problem(value) for name, value in spec.items())
    return next((problem for problem in problems if problem), None)


def register(
    name: str, value_schema: Mapping[str, Any] | None = None, seconds: float = LIMIT_SECONDS
) -> Callable[[Search], Search]:
    """Register a function as a leak detector under this name, e.g. from a ``conftest.py``.

    The function takes the ``Transcript`` and the value in the contract. It returns whether the secret leaked, or a pair
    of that and the evidence. Reports then mask the instruction's text, as for ``verbatim``.

    Args:
        name: the key to write in ``no_leak``; letters, digits and underscores.
        value_schema: JSON Schema of the value; None allows any value.
        seconds: the time limit of one call; a detector that takes longer is an ERROR.

    Raises:
        UsageError: the name is not one word, or belongs to a built-in detector.
    """
    if name in BUILT_IN or not name.isidentifier():
        problem = "is a built-in one" if name in BUILT_IN else "is not one word of letters, digits and underscores"
        raise UsageError(f"a leak detector cannot be registered as {name!r}: that {problem}. Choose another name.")

    def remember(search: Search) -> Search:
        def detect(transcript: Transcript, value: Any) -> Detection:
            return Detection(*ask(f"leak detector {name!r}", search, transcript, value, seconds=seconds))

        schema = value_schema or {"description": "any value"}
        DETECTORS[name] = Detector(name, schema, lambda value: f"no {name} leak", detect, lambda value: None)
        return search

    return remember


def registered_schemas() -> dict[str, Mapping[str, Any]]:
    """Return the value schemas of the registered detectors, by name."""
    return {name: detector.value_schema for name, detector in DETECTORS.items() if name not in BUILT_IN}
