"""What a rule is: a value's schema, a wording and a judgement over one reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_kvguard.results import Check

__all__ = ["MAX_QUOTED_CHARACTERS", "Rule", "quote"]

MAX_QUOTED_CHARACTERS = 60


def quote(text: str) -> str:
    """Quote a piece of a reply or contract for a one-line message, shortened in the middle."""
    if len(text) <= MAX_QUOTED_CHARACTERS:
        return repr(text)
    half = MAX_QUOTED_CHARACTERS // 2
    return repr(f"{text[:half]} … {text[-half:]}")


def _no_problem(value: Any) -> str | None:
    return None


@dataclass(frozen=True)
class Rule:
    """A named judgement over one reply.

    Attributes:
        name: the key written in a contract's ``check``.
        value_schema: JSON Schema of the value; its ``description`` is quoted in error messages.
        describe: value → what is expected, short.
        inspect: (reply, value) → (holds, what was observed, short).
        passes_on_junk: True when a degenerate reply ("12345", a bare refusal) usually obeys, so that
            holding proves little by itself.
        judges_blank: True when the rule itself decides about a blank reply; else a blank reply fails.
        problem: value → what is wrong with it beyond its schema, or None.
    """

    name: str
    value_schema: Mapping[str, Any]
    describe: Callable[[Any], str]
    inspect: Callable[[str, Any], tuple[bool, str]]
    passes_on_junk: bool = False
    judges_blank: bool = False
    problem: Callable[[Any], str | None] = _no_problem

    def verify(self, text: str, value: Any) -> Check:
        """Judge one reply.

        A blank reply obeys nothing: a model that says nothing has not written in lowercase.
        """
        if not self.judges_blank and not text.strip():
            return Check(self.name, False, self.describe(value), "the reply is blank")
        holds, observed = self.inspect(text, value)
        return Check(self.name, holds, self.describe(value), observed)
