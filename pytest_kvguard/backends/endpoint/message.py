"""The text of a chat completion's message, put together again where the server has taken the reply apart."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pytest_kvguard.backends.endpoint.unusable import UnusableCompletion, shown
from pytest_kvguard.external.json_text import read_json

__all__ = ["whole_text"]

_REASONING = ("reasoning_content", "reasoning")


def whole_text(message: Mapping[str, Any], is_cut_off: bool) -> str:
    """Return all that a message says, as one text.

    Reasoning that the server took out stands first, between ``<think>`` and ``</think>``; then the content; then each
    tool call as JSON between ``<tool_call>`` and ``</tool_call>``. Checks and leak detectors read them there.

    Args:
        message: of the completion.
        is_cut_off: whether the reply was cut off, so that reasoning without content did not come to its end.

    Raises:
        UnusableCompletion: there is no text of any kind, or a tool call without a name.
    """
    reasoning = next((message[key] for key in _REASONING if isinstance(message.get(key), str) and message[key]), "")
    calls = [f"<tool_call>\n{call}\n</tool_call>" for call in _calls(message)]
    content = _content(message, is_missing_allowed=bool(reasoning or calls))
    # A closing tag within the reasoning would end it too early.
    thought = f"<think>\n{reasoning.replace('</think>', '< /think>')}" if reasoning else ""
    if thought and not (is_cut_off and not content and not calls):
        thought += "\n</think>\n\n"
    return thought + "\n".join(filter(None, (content, *calls)))


def _content(message: Mapping[str, Any], is_missing_allowed: bool) -> str:
    text, refusal = message.get("content"), message.get("refusal")
    if text in (None, "") and refusal:
        text = refusal
    if text is None and is_missing_allowed:
        return ""
    if not isinstance(text, str):
        raise UnusableCompletion(f"no text: its content is {shown(text)}")
    return text


def _calls(message: Mapping[str, Any]) -> Iterator[str]:
    """Yield the tool calls of a message, also one in the older form, as JSON with ``name`` and ``arguments``."""
    listed = message.get("tool_calls") or []
    if not isinstance(listed, list):
        raise UnusableCompletion(f"tool calls that are no list: {shown(listed)}")
    functions = [call.get("function") if isinstance(call, dict) else call for call in listed]
    if message.get("function_call"):
        functions.append(message["function_call"])
    for function in functions:
        if not isinstance(function, dict) or not isinstance(function.get("name"), str) or not function["name"]:
            raise UnusableCompletion(f"a tool call without a name: {shown(function)}")
        yield json.dumps(
            {"name": function["name"], "arguments": _arguments(function.get("arguments"))}, ensure_ascii=False
        )


def _arguments(given: Any) -> Any:
    """Return arguments as a value; those that are no JSON stay a text, so that the call counts as one not readable."""
    if not isinstance(given, str):
        return {} if given is None else given
    try:
        return read_json(given) if given.strip() else {}
    except ValueError:
        return given
