"""Every rule by name; ``register`` adds a project's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from types import MappingProxyType
from typing import Any, TypeVar

from pytest_kvguard.errors import UsageError, suggest
from pytest_kvguard.external.user_function import LIMIT_SECONDS, ask, turns_asked_for
from pytest_kvguard.values.results import Check
from pytest_kvguard.verifiers.rule import Rule

__all__ = ["BUILT_IN", "junk_floor", "names", "register", "rule", "verify"]

_FAMILIES = (
    "bullets",
    "containment",
    "emoji",
    "ifeval_reply",
    "json_reply",
    "judge",
    "keyword_counts",
    "length",
    "letter_case",
    "punctuation",
    "python_function",
    "quantity",
    "refusal",
    "regex_match",
    "reply_language",
    "similarity",
    "tool_call",
    "whole_text",
)
"""Modules of this package; each has the rules of one family in ``RULES``."""


def _members() -> Iterator[Rule]:
    for family in _FAMILIES:
        yield from import_module(f"pytest_kvguard.verifiers.{family}").RULES


BUILT_IN: Mapping[str, Rule] = MappingProxyType({member.name: member for member in _members()})
"""Every rule that ships with the guard."""

_RULES = dict(BUILT_IN)

Judge = TypeVar("Judge", bound=Callable[..., object])


def names() -> tuple[str, ...]:
    """Return the names of all rules, sorted."""
    return tuple(sorted(_RULES))


def rule(name: str) -> Rule:
    """Return one rule.

    Raises:
        UsageError: there is no such rule.
    """
    if name not in _RULES:
        raise UsageError(f"unknown check {name!r}. Allowed: {', '.join(names())}.{suggest(name, names())}")
    return _RULES[name]


def verify(
    name: str, value: Any, reply_text: str, uncompressed_text: str | None = None, turns: Sequence[str] = ()
) -> Check:
    """Judge one reply by a named rule.

    Args:
        name: the rule.
        value: the value in the contract.
        reply_text: the reply to judge.
        uncompressed_text: the uncompressed arm's reply, for rules that compare; None if that is ``reply_text``.
        turns: the user's turns, for functions of the user's own that ask for them; empty if they are not known.

    Raises:
        UsageError: the rule is unknown, a pattern exceeds the time limit, or the user's own function is broken.
        JudgeError: the judge gives no verdict.
    """
    return rule(name).verify(reply_text, value, uncompressed_text, turns)


def junk_floor(name: str, value: Any, uncompressed_text: str | None = None) -> float | None:
    """Return the share of degenerate replies that obey, 0..1: the score of a model that has collapsed.

    It is None for a judge, and for functions of the user's own that declare none.
    """
    return rule(name).junk_floor(value, uncompressed_text)


def register(
    name: str,
    value_schema: Mapping[str, Any] | None = None,
    floor: float | None = None,
    seconds: float = LIMIT_SECONDS,
) -> Callable[[Judge], Judge]:
    """Register a function as a check under this name, e.g. from a ``conftest.py``.

    The function takes the reply and the value in the contract. If it has a parameter ``turn``, it gets the user's turn
    that the reply answers, and as ``turns`` all of them. It returns a bool, or a bool and its observation.

    Args:
        name: the key to write in ``check``; letters, digits and underscores.
        value_schema: JSON Schema of the value; None allows any value.
        floor: share of degenerate replies ("12345", a bare refusal) that obey, 0..1; None = unknown.
        seconds: the time limit of one call; a check that takes longer is an ERROR.

    Raises:
        UsageError: the name is not one word, or belongs to a built-in rule.
    """
    if name in BUILT_IN or not name.isidentifier():
        problem = "is a built-in check" if name in BUILT_IN else "is not one word of letters, digits and underscores"
        raise UsageError(f"a check cannot be registered as {name!r}: that {problem}. Choose another name.")

    def remember(judge: Judge) -> Judge:
        def converse(text: str, value: Any, turns: Sequence[str]) -> tuple[bool, str]:
            asked = partial(judge, **turns_asked_for(judge, turns, 2))
            return ask(f"check {name!r}", asked, text, value, seconds=seconds)

        def inspect(text: str, value: Any) -> tuple[bool, str]:
            return converse(text, value, ())

        schema = value_schema or {"description": "any value"}
        _RULES[name] = Rule(
            name,
            schema,
            lambda value: f"{name}: {value}",
            inspect,
            judges_blank=True,
            converse=converse,
            measured=False,
            declared_junk_floor=floor,
        )
        return judge

    return remember
