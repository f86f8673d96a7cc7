"""detectable_content: placeholders in square brackets, a postscript."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pytest_kvguard.verifiers.ifeval.instruction import IFEvalInstruction
from pytest_kvguard.verifiers.rule import quote

__all__ = ["INSTRUCTIONS"]

# These two markers may contain spaces; any other is matched literally.
_SPACED = {"P.S.": r"p\.\s?s\.", "P.P.S": r"p\.\s?p\.\s?s"}


def _number_placeholders(text: str, kwargs: Mapping[str, Any]) -> tuple[bool, str]:
    count = len(re.findall(r"\[.*?\]", text))
    return count >= kwargs["num_placeholders"], f"{count} placeholders"


def _postscript(text: str, kwargs: Mapping[str, Any]) -> tuple[bool, str]:
    marker = kwargs["postscript_marker"].strip()
    match = re.search(_SPACED.get(marker) or re.escape(marker.lower()), text.lower())
    return match is not None, f"{quote(marker)} is {'in' if match else 'not in'} the reply"


INSTRUCTIONS = (
    IFEvalInstruction("detectable_content:number_placeholders", ("num_placeholders",), _number_placeholders),
    IFEvalInstruction("detectable_content:postscript", ("postscript_marker",), _postscript),
)
