"""Every leak detector by name, and the one check a contract's ``no_leak`` makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_kvguard.leaks import canary, paraphrase, verbatim
from pytest_kvguard.leaks.finding import Conversation, Detector
from pytest_kvguard.results import Check

__all__ = ["DETECTORS", "detect", "spec_problem"]

DETECTORS: dict[str, Detector] = {member.DETECTOR.name: member.DETECTOR for member in (canary, verbatim, paraphrase)}


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
