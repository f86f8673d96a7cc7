"""detectable_format: bullets, a constrained answer, highlights, sections, JSON, a title."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pytest_kvguard.verifiers.ifeval.instruction import IFEvalInstruction
from pytest_kvguard.verifiers.rule import quote

__all__ = ["INSTRUCTIONS"]

ANSWERS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")

# The reference allows blank lines before a bullet; they change no count, and would be read again from each of them.
_STAR_BULLET = re.compile(r"^[^\S\n]*\*[^*].*$", re.MULTILINE)
_DASH_BULLET = re.compile(r"^[^\S\n]*-.*$", re.MULTILINE)
_HIGHLIGHT = re.compile(r"\*([^\n*]*)\*")
_DOUBLE_HIGHLIGHT = re.compile(r"\*\*([^\n*]*)\*\*")
_FENCES = ("```json", "```Json", "```JSON", "```")


def _number_bullet_lists(text: str, kwargs: Mapping[str, Any]) -> tuple[bool, str]:
    count = len(_STAR_BULLET.findall(text)) + len(_DASH_BULLET.findall(text))
    return count == kwargs["num_bullets"], f"{count} bullets"


def _constrained_response(text: str, kwargs: Mapping[str, Any]) -> tuple[bool, str]:
    chosen = next((answer for answer in ANSWERS if answer in text), None)
    return (
        chosen is not None,
        f"{quote(chosen)} is in the reply" if chosen else "none of the three answers is in the reply",
    )


def _number_highlighted_sections(text: str, kwargs: Mapping[str, Any]) -> tuple[bool, str]:
    inner = _HIGHLIGHT.findall(text) + _DOUBLE_HIGHLIGHT.findall(text)
    count = sum(1 for piece in inner if piece.strip())
    return count >= kwargs["num_highlights"], f"{count} highlighted sections"


def _multiple_sections(text: str, kwargs: Mapping[str, Any]) -> tuple[bool, str]:
    heading = re.escape(kwargs["section_spliter"].strip())
    count = len(re.findall(rf"{heading}\s?\d+", text))
    return count >= kwargs["num_sections"], f"{count} sections"


def _json_format(text: str, kwargs: Mapping[str, Any]) -> tuple[bool, str]:
    body = text.strip()
    for fence in _FENCES:
        body = body.removeprefix(fence)
    try:
        json.loads(body.removesuffix("```").strip())
    except (ValueError, RecursionError) as error:
        return False, f"not JSON: {error}"
    return True, "JSON"


def _titles(text: str) -> Iterator[str]:
    """Yield the titles as the reference takes them: in each line, all from the first ``<<`` to the last ``>>``."""
    for line in text.split("\n"):
        start, stop = line.find("<<"), line.rfind(">>")
        if 0 <= start < stop - 2:
            yield line[start : stop + 2]


def _title(text: str, kwargs: Mapping[str, Any]) -> tuple[bool, str]:
    titles = [match.lstrip("<").rstrip(">").strip() for match in _titles(text)]
    title = next(filter(None, titles), None)
    return title is not None, f"the title {quote(title)}" if title else "no <<title>>"


INSTRUCTIONS = (
    IFEvalInstruction("detectable_format:constrained_response", (), _constrained_response),
    IFEvalInstruction("detectable_format:json_format", (), _json_format),
    IFEvalInstruction("detectable_format:multiple_sections", ("num_sections", "section_spliter"), _multiple_sections),
    IFEvalInstruction("detectable_format:number_bullet_lists", ("num_bullets",), _number_bullet_lists),
    IFEvalInstruction(
        "detectable_format:number_highlighted_sections", ("num_highlights",), _number_highlighted_sections
    ),
    IFEvalInstruction("detectable_format:title", (), _title),
)
