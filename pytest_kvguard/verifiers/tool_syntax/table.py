"""Every syntax of tool calls by name, and the calls of a reply in all of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping
from itertools import islice
from types import MappingProxyType

from pytest_kvguard.verifiers.tool_syntax import python_calls, tagged
from pytest_kvguard.verifiers.tool_syntax.call import Found, ToolCall
from pytest_kvguard.verifiers.tool_syntax.declared import read_declared
from pytest_kvguard.verifiers.tool_syntax.marked_objects import behind
from pytest_kvguard.verifiers.tool_syntax.named_objects import NAME, named, read_bare
from pytest_kvguard.verifiers.tool_syntax.objects import read_objects
from pytest_kvguard.verifiers.tool_syntax.react import read_actions
from pytest_kvguard.verifiers.tool_syntax.source import Reader, Source

__all__ = ["SYNTAXES", "tool_calls"]

MAX_CHARACTERS = 100_000
"""A longer reply is read up to here."""

MAX_PLACES = 500
"""The most calls that are read in one syntax."""

_BAR = "[|｜]"
_GAP = "[▁_ ]"
_HEAD = r"(?:[^<{\n]|<\|(?:channel|constrain)\|>){0,200}+"
_TO = rf"to=(?:functions\.{NAME}{_HEAD}(?:<\|message\|>)?+|{NAME}{_HEAD}<\|message\|>)"
_KIMI_NAME = r"(?:functions\.)?+(?P<name>[^\W\d][\w./-]*+)(?::\d++)?+"
_BEGIN = rf"<{_BAR}tool{_GAP}call{_GAP}begin{_BAR}>\s*+"
_SEPARATOR = rf"\s*+<{_BAR}tool{_GAP}sep{_BAR}>\s*+"

SYNTAXES: Mapping[str, Reader] = MappingProxyType(
    {
        "Harmony": named(_TO),
        "Kimi": named(rf"<\|tool_call_begin\|>\s*+{_KIMI_NAME}\s*+<\|tool_call_argument_begin\|>"),
        "DeepSeek": named(rf"{_BEGIN}(?:function{_SEPARATOR}{NAME}(?:\s*+```\w*+)?+|{NAME}{_SEPARATOR})"),
        "XML invocations": tagged.read_invocations,
        "XML invocations with elements": tagged.read_old_invocations,
        "XML names": named(rf"<(?:tool_)?+name>\s*+{NAME}\s*+</(?:tool_)?+name>\s*+<(?:arguments|input|parameters)>"),
        "XML functions": tagged.read_functions,
        "XML argument pairs": tagged.read_argument_pairs,
        "function tags": named(rf"<function(?:=|\s++name=)[\"']?{NAME}[\"']?\s*+>?+"),
        "Mistral": named(
            rf"\[TOOL_CALLS\]\s*+{NAME}(?:\[CALL_ID\][^\[{{]*+)?+(?:\[ARGS\])?+", r"[\s,;]*+(?:\[TOOL_CALLS\])?+\s*+"
        ),
        "Mistral lists": behind(r"\[TOOL_CALLS\]"),
        "Hermes": behind(r"(?i)<(?:tool_?calls?|function_?calls?|tool_use|tool_code)>"),
        "Granite": behind(r"<\|/?tool_calls?\|>"),
        "Liquid": behind(r"<\|tool_call_start\|>"),
        "Llama code": behind(r"<\|python_start\|>"),
        "Llama tag": behind(r"<\|python_tag\|>"),
        "Llama tag with code": python_calls.read_python_tag,
        "InternLM": behind(r"<\|action_start\|>\s*+(?:<\|plugin\|>)?+"),
        "Cohere": behind(
            r"<\|START_ACTION\|>|(?m:^)Action:(?=\s*+(?:`{3}|\[))",
            but=frozenset(("directly-answer", "directly_answer")),
        ),
        "functools": behind(r"\bfunctools(?=\s*+\[)"),
        "Gemma": read_declared,
        "ReAct": read_actions,
        "JSON objects": read_objects,
        "tool code": python_calls.read_tool_code,
        "Python lists": python_calls.read_call_lists,
        "Python": python_calls.read_whole_call,
        "name and object": read_bare,
        "tool tags": tagged.read_tool_tags,
    }
)
"""Each syntax that is read, by name; where two find the same text, the first counts."""


def tool_calls(text: str, tools: Collection[str] = ()) -> list[ToolCall]:
    """Return the tool calls of a reply in any known syntax, in order.

    Args:
        text: the reply.
        tools: names of tools that the contract knows. An object that has no more than a name and parameters, or a call
            in a fence of Python code, is a call only of one of these.
    """
    source = Source(text[:MAX_CHARACTERS], tools)
    found: list[Found] = []
    for read in SYNTAXES.values():
        for place in islice(read(source), MAX_PLACES):
            after = bisect_left(found, place.start, key=lambda old: old.start)
            is_free = after == len(found) or place.stop <= found[after].start
            if is_free and (after == 0 or found[after - 1].stop <= place.start):
                found.insert(after, place)
    return [call for place in found for call in place.calls]
