"""combination: the request repeated before the answer; two separated responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_kvguard.verifiers.ifeval.instruction import IFEvalInstruction
from pytest_kvguard.verifiers.rule import quote

__all__ = ["INSTRUCTIONS"]

SEPARATOR = "******"


def _repeat_prompt(text: str, kwargs: Mapping[str, Any]) -> tuple[bool, str]:
    prompt = kwargs["prompt_to_repeat"].strip()
    reply = text.strip()
    return reply.lower().startswith(prompt.lower()), f"it starts with {quote(reply[: len(prompt)])}"


def _two_responses(text: str, kwargs: Mapping[str, Any]) -> tuple[bool, str]:
    pieces = [piece.strip() for piece in text.split(SEPARATOR)]
    if not all(pieces[1:-1]):
        return False, f"nothing between two {SEPARATOR}"
    responses = [piece for piece in pieces if piece]
    if len(responses) == 2 and responses[0] == responses[1]:
        return False, "twice the same response"
    return len(responses) == 2, f"{len(responses)} responses"


INSTRUCTIONS = (
    IFEvalInstruction("combination:repeat_prompt", ("prompt_to_repeat",), _repeat_prompt),
    IFEvalInstruction("combination:two_responses", (), _two_responses),
)
