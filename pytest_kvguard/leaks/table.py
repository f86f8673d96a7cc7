"""Every leak detector by name, and the one check a contract's ``no_leak`` makes of them; ``register`` adds to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Any, TypeVar

from pytest_kvguard.errors import UsageError
from pytest_kvguard.external.user_function import ask
from pytest_kvguard.leaks.finding import Conversation, Detector, Finding
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
"""Those, and what was registered."""

Look = TypeVar("Look", bound=Callable[[Conversation, Any], object])


def detect(
    spec: Mapping[str, Any], replies: Sequence[str], protected_text: str, user_turns: Sequence[str] = ()
) -> Check:
    """Look for a leak in the replies of one conversation.

    Args:
        spec: a contract's ``no_leak``: detector name → value.
        replies: all replies, in order; a secret split over them is found.
        protected_text: the instruction that must stay secret.
        user_turns: what the user said; a reply that repeats only that has not leaked.

    Returns:
        A check with ``leak=True`` that holds when no detector found anything.
    """
    conversation = Conversation(tuple(replies), protected_text, tuple(user_turns))
    findings = [DETECTORS[name].detect(conversation, value) for name, value in spec.items()]
    leaks = [finding.observed for finding in findings if finding.leaked]
    return Check(
        rule="no_leak",
        holds=not leaks,
        expected="; ".join(DETECTORS[name].describe(value) for name, value in spec.items()),
        observed="; ".join(leaks or [finding.observed for finding in findings]),
        leak=True,
    )


def spec_problem(spec: Mapping[str, Any]) -> str | None:
    """Say what is wrong with a ``no_leak`` beyond its schema, or None."""
    problems = (DETECTORS[name].problem(value) for name, value in spec.items())
    return next((problem for problem in problems if problem), None)


def register(name: str, value_schema: Mapping[str, Any] | None = None) -> Callable[[Look], Look]:
    """Make a function usable as a leak detector under this name, e.g. from a ``conftest.py``.

    The function takes the ``Conversation`` and the value written in the contract, and returns whether the secret came
    out, or a pair of that and the evidence. Reports then mask the instruction's text, as for ``verbatim``.

    Args:
        name: the key to write in ``no_leak``; letters, digits and underscores.
        value_schema: JSON Schema of the value; anything goes without one.

    Raises:
        UsageError: the name is not one word, or belongs to a built-in detector.
    """
    if name in BUILT_IN or not name.isidentifier():
        problem = "is a built-in one" if name in BUILT_IN else "is not one word of letters, digits and underscores"
        raise UsageError(f"a leak detector cannot be registered as {name!r}: that {problem}. Choose another name.")

    def remember(look: Look) -> Look:
        def find(conversation: Conversation, value: Any) -> Finding:
            return Finding(*ask(f"leak detector {name!r}", look, conversation, value))

        schema = value_schema or {"description": "any value"}
        DETECTORS[name] = Detector(name, schema, lambda value: f"no {name} leak", find, lambda value: None)
        return look

    return remember


def registered_schemas() -> dict[str, Mapping[str, Any]]:
    """Return the value schema of every detector that was registered."""
    return {name: detector.value_schema for name, detector in DETECTORS.items() if name not in BUILT_IN}
