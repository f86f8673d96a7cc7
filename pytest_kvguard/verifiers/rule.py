"""What a rule is: a value's schema, a wording and a judgement over one reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_kvguard.errors import UsageError
from pytest_kvguard.values.results import Check

__all__ = ["JUNK_REPLIES", "MAX_QUOTED_CHARACTERS", "Rule", "quote"]

MAX_QUOTED_CHARACTERS = 60

JUNK_REPLIES = ("", "12345", "?", "ok", "I'm sorry, but I can't help with that.")
"""What a model says that has collapsed, or refuses everything."""


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
        judges_blank: True when the rule itself decides about a blank reply; else a blank reply fails.
        problem: value → what is wrong with it beyond its schema, or None.
        compare: (reply, uncompressed reply, value) → as ``inspect``, for a rule that needs both arms; it is then
            asked in place of ``inspect``.
        measured: the floor is measured by judging ``JUNK_REPLIES``; False where judging costs the user something.
        declared_floor: the floor where it is not measured; None = not known.
        example: a usual value, which tests and the documented floor use; None for a rule that a project registers.
    """

    name: str
    value_schema: Mapping[str, Any]
    describe: Callable[[Any], str]
    inspect: Callable[[str, Any], tuple[bool, str]]
    judges_blank: bool = False
    problem: Callable[[Any], str | None] = _no_problem
    compare: Callable[[str, str, Any], tuple[bool, str]] | None = None
    measured: bool = True
    declared_floor: float | None = None
    example: Any = None

    def verify(self, text: str, value: Any, uncompressed: str | None = None) -> Check:
        """Judge one reply.

        A blank reply obeys nothing: a model that says nothing has not written in lowercase.

        Args:
            text: the reply.
            value: as written in the contract.
            uncompressed: the reply of the uncompressed arm; None when ``text`` is it.
        """
        if not self.judges_blank and not text.strip():
            return Check(self.name, False, self.describe(value), "the reply is blank")
        if self.compare is None:
            holds, observed = self.inspect(text, value)
        else:
            holds, observed = self.compare(text, text if uncompressed is None else uncompressed, value)
        return Check(self.name, holds, self.describe(value), observed)

    def floor(self, value: Any, uncompressed: str | None = None) -> float | None:
        """Share of ``JUNK_REPLIES`` that obey, 0..1: what this check scores on a model that has collapsed."""
        if not self.measured:
            return self.declared_floor
        try:
            held = [self.verify(reply, value, uncompressed).holds for reply in JUNK_REPLIES]
        except UsageError:
            # A pattern out of time on junk says nothing about the reply that was judged.
            return None
        return sum(held) / len(held)
