"""A rule: the schema and the wording of its value, and its check of one reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_kvguard.errors import UsageError
from pytest_kvguard.text.reasoning import split_reasoning
from pytest_kvguard.text.shortened import shorten
from pytest_kvguard.values.results import Check

__all__ = ["JUNK_REPLIES", "MAX_QUOTED_CHARACTERS", "Rule", "quote"]

MAX_QUOTED_CHARACTERS = 60

JUNK_REPLIES = ("", "12345", "?", "ok", "I'm sorry, but I can't help with that.")
"""Replies of a model that has collapsed or refuses everything."""


UNANSWERED = "the reply is thinking alone, without an answer; raise generate.max_new_tokens if it was cut off"


def quote(text: str) -> str:
    """Return a quotation of a text for a one-line message; a long text is shortened in the middle."""
    return repr(shorten(text, MAX_QUOTED_CHARACTERS))


def _no_problem(value: Any) -> str | None:
    return None


@dataclass(frozen=True)
class Rule:
    """A named check of one reply.

    Attributes:
        name: the key written in a contract's ``check``.
        value_schema: JSON Schema of the value; its ``description`` is quoted in error messages.
        describe: value → the expectation, short.
        inspect: (reply, value) → (holds, observation, short); None in place of ``holds``: the reply does not tell.
        judges_blank: whether the rule itself judges a blank reply; otherwise a blank reply fails.
        problem: value → the mistake in it that its schema does not catch, or None.
        compare: (reply, uncompressed reply, value) → as ``inspect``, and used instead of it; for a rule that needs the
            replies of both arms.
        converse: (reply, value, the user's turns) → as ``inspect``, and used instead of it; for a rule that needs the
            conversation.
        measured: whether the junk floor is measured on ``JUNK_REPLIES``; False if judging costs the user something.
        declared_junk_floor: the junk floor of a rule that is not measured; None = unknown.
        example: a usual value, for tests and for the documented junk floor; None for a rule that a project registers.
    """

    name: str
    value_schema: Mapping[str, Any]
    describe: Callable[[Any], str]
    inspect: Callable[[str, Any], tuple[bool | None, str]]
    judges_blank: bool = False
    problem: Callable[[Any], str | None] = _no_problem
    compare: Callable[[str, str, Any], tuple[bool | None, str]] | None = None
    converse: Callable[[str, Any, Sequence[str]], tuple[bool | None, str]] | None = None
    measured: bool = True
    declared_junk_floor: float | None = None
    example: Any = None

    def verify(self, text: str, value: Any, uncompressed: str | None = None, turns: Sequence[str] = ()) -> Check:
        """Judge the answer of one reply; the thinking of a reasoning model is split off before.

        A blank reply obeys no rule: a model that says nothing has not written in lowercase. Nor does one that is
        thinking alone, whoever judges: its model has not answered yet.

        Args:
            text: the reply.
            value: the value in the contract.
            uncompressed: the reply of the uncompressed arm; None if that is ``text``.
            turns: the user's turns, up to the one that the reply answers; empty if they are not known.
        """
        spoken = split_reasoning(text)
        if spoken.is_unanswered:
            return Check(self.name, False, self.describe(value), UNANSWERED)
        other = None if uncompressed is None else split_reasoning(uncompressed).answer
        return self._judge(spoken.answer, value, other, turns)

    def _judge(self, text: str, value: Any, uncompressed: str | None, turns: Sequence[str]) -> Check:
        if not self.judges_blank and not text.strip():
            return Check(self.name, False, self.describe(value), "the reply is blank")
        if self.compare is not None:
            holds, observed = self.compare(text, text if uncompressed is None else uncompressed, value)
        elif self.converse is not None:
            holds, observed = self.converse(text, value, turns)
        else:
            holds, observed = self.inspect(text, value)
        return Check(self.name, holds is True, self.describe(value), observed, undecided=holds is None)

    def junk_floor(self, value: Any, uncompressed: str | None = None) -> float | None:
        """Return the share of ``JUNK_REPLIES`` that obey, 0..1: the score of a model that has collapsed."""
        if not self.measured:
            return self.declared_junk_floor
        try:
            obeyed = [self.verify(reply, value, uncompressed).holds for reply in JUNK_REPLIES]
        except UsageError:
            # A pattern that exceeds its time limit on junk says nothing about the model's own reply.
            return None
        return sum(obeyed) / len(obeyed)
