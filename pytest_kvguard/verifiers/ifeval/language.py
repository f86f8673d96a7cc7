"""language: the reply is in one language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_kvguard.verifiers.ifeval.detected_language import UNDETECTABLE, detect_language
from pytest_kvguard.verifiers.ifeval.instruction import IFEvalInstruction

__all__ = ["INSTRUCTIONS"]


def _response_language(text: str, kwargs: Mapping[str, Any]) -> tuple[bool, str]:
    language = detect_language(text)
    # IFEval accepts a text whose language cannot be detected, such as "12345".
    return language in (kwargs["language"], UNDETECTABLE), f"language {language or 'not detectable'}"


INSTRUCTIONS = (
    IFEvalInstruction("language:response_language", ("language",), _response_language, packages=("langdetect",)),
)
