"""Every rule by name; a project adds its own with ``register``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pytest_kvguard.errors import UsageError, suggest
from pytest_kvguard.results import Check
from pytest_kvguard.verifiers import (
    bullets,
    containment,
    json_reply,
    keyword_counts,
    length,
    letter_case,
    punctuation,
    python_function,
    regex_match,
    whole_text,
)
from pytest_kvguard.verifiers.rule import Rule

__all__ = ["JUNK_REPLIES", "floor", "names", "register", "rule", "verify"]

JUNK_REPLIES = ("", "12345", "?", "ok", "I'm sorry, but I can't help with that.")

_RULES: dict[str, Rule] = {
    member.name: member
    for family in (
        bullets,
        containment,
        json_reply,
        keyword_counts,
        length,
        letter_case,
        punctuation,
        python_function,
        regex_match,
        whole_text,
    )
    for member in family.RULES
}
_BUILT_IN = frozenset(_RULES)

Judge = TypeVar("Judge", bound=Callable[[str, Any], object])


def names() -> tuple[str, ...]:
    """Names of all rules, sorted."""
    return tuple(sorted(_RULES))


def rule(name: str) -> Rule:
    """Return one rule.

    Raises:
        UsageError: there is no such rule.
    """
    if name not in _RULES:
        raise UsageError(f"unknown check {name!r}. Allowed: {', '.join(names())}.{suggest(name, names())}")
    return _RULES[name]


def verify(name: str, value: Any, reply_text: str) -> Check:
    """Judge one reply by a named rule.

    Raises:
        UsageError: the rule is unknown, a pattern ran out of time, or the user's own function is broken.
    """
    return rule(name).verify(reply_text, value)


def floor(name: str, value: Any) -> float:
    """Share of ``JUNK_REPLIES`` that obey, 0..1: what this check scores on a model that has collapsed."""
    return sum(verify(name, value, reply).holds for reply in JUNK_REPLIES) / len(JUNK_REPLIES)


def register(
    name: str, value_schema: Mapping[str, Any] | None = None, passes_on_junk: bool = False
) -> Callable[[Judge], Judge]:
    """Make a function usable as a check under this name, e.g. from a ``conftest.py``.

    The function takes (reply text, the value written in the contract) and returns a bool, or
    (bool, what was observed).

    Args:
        name: the key to write in ``check``; letters, digits and underscores.
        value_schema: JSON Schema of the value; anything goes without one.
        passes_on_junk: True when a degenerate reply usually obeys.

    Raises:
        UsageError: the name is not one word, or belongs to a built-in rule.
    """
    if name in _BUILT_IN or not name.isidentifier():
        problem = "is a built-in check" if name in _BUILT_IN else "is not one word of letters, digits and underscores"
        raise UsageError(f"a check cannot be registered as {name!r}: that {problem}. Choose another name.")

    def remember(judge: Judge) -> Judge:
        def inspect(text: str, value: Any) -> tuple[bool, str]:
            return python_function.ask(f"check {name!r}", judge, text, value)

        schema = value_schema or {"description": "any value"}
        _RULES[name] = Rule(name, schema, lambda value: f"{name}: {value}", inspect, passes_on_junk, judges_blank=True)
        return judge

    return remember
