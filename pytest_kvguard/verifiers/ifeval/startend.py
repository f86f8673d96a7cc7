"""startend: the last words of a reply, and double quotation marks around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_kvguard.verifiers.ifeval.instruction import IFEvalInstruction
from pytest_kvguard.verifiers.rule import quote

__all__ = ["INSTRUCTIONS"]


def _end_checker(text: str, kwargs: Mapping[str, Any]) -> tuple[bool, str]:
    reply = text.strip().strip('"')
    phrase = kwargs["end_phrase"].strip()
    return reply.lower().endswith(phrase.lower()), f"it ends with {quote(reply[-len(phrase) :])}"


def _quotation(text: str, kwargs: Mapping[str, Any]) -> tuple[bool, str]:
    reply = text.strip()
    holds = len(reply) > 1 and reply[0] == reply[-1] == '"'
    return holds, f"it starts with {quote(reply[:1])} and ends with {quote(reply[-1:])}"


INSTRUCTIONS = (
    IFEvalInstruction("startend:end_checker", ("end_phrase",), _end_checker),
    IFEvalInstruction("startend:quotation", (), _quotation),
)
