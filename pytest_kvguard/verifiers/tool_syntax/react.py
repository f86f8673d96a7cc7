"""Calls written as lines of a plan: ``Action: weather`` and ``Action Input: …`` (ReAct)."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.verifiers.tool_syntax.call import Found, ToolCall, is_tool_name
from pytest_kvguard.verifiers.tool_syntax.python_calls import calls_in_expression
from pytest_kvguard.verifiers.tool_syntax.source import Source

__all__ = ["read_actions"]

_LINE = r"(?m)^[ \t>*_#-]*+Action(?:[ ]\d++)?[*_]*+:[*_]*+[ \t]*+"
_ACTION = Pattern(
    _LINE + r"[`\"']?(?P<name>[\w.:/-]++)[`\"']?[*_]*+[ \t]*+\r?\n+[ \t>*_#-]*+"
    r"Action[ _]Input(?:[ ]\d++)?[*_]*+:[*_]*+[ \t]*+(?P<fence>\s*+`{3,}+\w*+\s*+)?"
)
_SHORT = Pattern(_LINE + r"(?P<name>[^\W\d]\w*+)\[(?P<input>[^\]\n]*+)\][ \t]*+\r?$")
_CODE = Pattern(_LINE + r"(?P<code>[^\W\d][\w.]*+\([^\n]*\))[ \t]*+\r?$")
_THOUGHT = Pattern(r"(?m)^[ \t>*_#-]*+Thought\b")
_NO_TOOL = frozenset(("answer", "final", "final_answer", "finish", "n/a", "na", "none", "respond", "response"))
_REST = Pattern(r"[^\r\n]*+")


def read_actions(source: Source) -> Iterator[Found]:
    """Yield actions with their inputs; an input that is no object is the argument ``input``."""
    text, tools = source.text, source.tools
    for match in _ACTION.finditer(text):
        if _is_tool(match["name"], tools):
            arguments, stop = _input_at(source, match.end())
            yield Found(match.start(), stop, (ToolCall(match["name"], arguments),))
    for match in _CODE.finditer(text):
        calls = tuple(calls_in_expression(match["code"]))
        if calls:
            yield Found(match.start(), match.end(), calls)
    for match in _SHORT.finditer(text):
        if _is_tool(match["name"], tools) and (match["name"] in tools or _THOUGHT.search(text)):
            yield Found(match.start(), match.end(), (ToolCall(match["name"], {"input": match["input"]}),))


def _is_tool(name: str, tools: frozenset[str]) -> bool:
    return name in tools or (is_tool_name(name) and name.casefold() not in _NO_TOOL)


def _input_at(source: Source, position: int) -> tuple[dict[str, object], int]:
    text = source.text
    read = source.value_at(position) if text[position : position + 1] == "{" else None
    if read is not None and isinstance(read[0], dict):
        return read[0], read[1]
    line = _REST.match(text, position)
    rest = line.group().strip() if line else ""
    stop = line.end() if line else position
    return ({"input": rest.strip("\"'")} if rest and rest.casefold() not in ("none", "n/a", "{}") else {}), stop
