"""Calls written as ``call:weather{city:…}`` between marks, with marks around texts (Gemma)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import regex

from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.verifiers.tool_syntax.call import Found, ToolCall, unreadable
from pytest_kvguard.verifiers.tool_syntax.loose_values import value_of_text
from pytest_kvguard.verifiers.tool_syntax.named_objects import NAME
from pytest_kvguard.verifiers.tool_syntax.source import Source

__all__ = ["read_declared"]

_CALL = Pattern(
    rf"(?:<start_function_call>|<\|tool_call>)\s*+call:{NAME}(?P<body>\{{(?:(?!<start_function_call>|<\|tool_call>).)*?\}})\s*+(?:<end_function_call>|<tool_call\|>|\Z)",
    regex.DOTALL,
)
_TEXT = Pattern(r"(?:<escape>(.*?)<escape>|<\|\"\|>(.*?)<\|\"\|>)", regex.DOTALL)
_KEY = Pattern(r"(?<=[{,])\s*+([^\W\d]\w*+)\s*+:")


def read_declared(source: Source) -> Iterator[Found]:
    """Yield such calls."""
    for match in _CALL.finditer(source.text):
        yield Found(match.start(), match.end(), (_call(match["name"], match["body"]),))


def _call(name: str, body: str) -> ToolCall:
    texts: list[str] = []

    def put_away(match: regex.Match[str]) -> str:
        texts.append(match[1] if match[1] is not None else match[2])
        return f'"\x00{len(texts) - 1}"'

    plain = _KEY.sub(r'"\1":', _TEXT.sub(put_away, body))
    value = value_of_text(plain)
    return ToolCall(name, _put_back(value, texts)) if isinstance(value, dict) else unreadable(name)


def _put_back(value: Any, texts: list[str]) -> Any:
    if isinstance(value, dict):
        return {key: _put_back(inner, texts) for key, inner in value.items()}
    if isinstance(value, list):
        return [_put_back(inner, texts) for inner in value]
    return texts[int(value[1:])] if isinstance(value, str) and value.startswith("\x00") else value
