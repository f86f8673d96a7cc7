"""The channels of the Harmony format: analysis is thinking, final is the answer, commentary may call tools."""

from __future__ import annotations

import regex

from pytest_kvguard.text.pattern import Pattern

__all__ = ["is_harmony", "split_channels"]

_CHANNEL = Pattern(r"<\|channel\|>\s*+(?:analysis|commentary|final)\b")
_SEGMENT = Pattern(
    r"(?:<\|start\|>(?P<role>[^<]*+)|\bassistant)?+<\|channel\|>\s*+(?P<channel>\w++)(?P<head>[^<]*+)(?:<\|constrain\|>[^<]*+)?+"
    r"(?:<\|message\|>(?P<body>(?:(?!<\|(?:end|call|return|start|channel)\|>).)*+))?+(?:<\|(?:end|call|return)\|>)?+",
    regex.DOTALL,
)
_BARE = Pattern(r"\A\s*+analysis(?P<thinking>.*?)assistantfinal(?P<answer>.*+)\Z", regex.DOTALL)
"""The same where a tokenizer has dropped the marks between the channels."""


def is_harmony(text: str) -> bool:
    """Return whether a reply is written in channels."""
    return _CHANNEL.search(text) is not None or (text.lstrip().startswith("analysis") and "assistantfinal" in text)


def split_channels(text: str) -> tuple[str, str]:
    """Return the thinking and the answer of a reply in channels; calls of tools stay in the answer as written."""
    bare = None if _CHANNEL.search(text) else _BARE.match(text)
    if bare is not None:
        return bare["thinking"].strip(), bare["answer"].strip()
    thinking: list[str] = []
    answer: list[str] = []
    position = 0
    for segment in _SEGMENT.finditer(text):
        answer.append(text[position : segment.start()])
        position = segment.end()
        body = segment["body"] or ""
        if "to=" in segment["head"] + (segment["role"] or ""):
            answer.append(segment.group())
        else:
            (thinking if segment["channel"] == "analysis" else answer).append(body)
    answer.append(text[position:])
    return "\n".join(map(str.strip, thinking)), "\n".join(filter(None, map(str.strip, answer)))
