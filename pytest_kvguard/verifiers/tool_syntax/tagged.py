"""Calls written as XML: a tag for the tool, and a tag for each argument."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.verifiers.tool_syntax.call import Found, ToolCall
from pytest_kvguard.verifiers.tool_syntax.loose_values import call_of_texts
from pytest_kvguard.verifiers.tool_syntax.named_objects import NAME
from pytest_kvguard.verifiers.tool_syntax.source import Source

__all__ = ["read_argument_pairs", "read_functions", "read_invocations", "read_old_invocations", "read_tool_tags"]

_Element = tuple["regex.Match[str]", str, int]
"""The beginning of an element, its body, and the position after its end."""

_FUNCTION = Pattern(rf"<function=[\"']?{NAME}[\"']?\s*+>(?=\s*+(?:<parameter=|</function>))")
_PARAMETER = Pattern(
    r"<parameter=[\"']?(?P<key>[^>\"'\n]++)[\"']?>(?P<value>[^<]*+(?:<(?!/parameter>|parameter=|/function>)[^<]*+)*+)",
    regex.DOTALL,
)
_END_OF_FUNCTION = Pattern(r"</function>(?:\s*+</tool_call>)?")


def read_functions(source: Source) -> Iterator[Found]:
    """Yield calls such as ``<function=weather><parameter=city>Oslo</parameter></function>`` (Qwen)."""
    for begin, body, stop in _elements(_FUNCTION, _END_OF_FUNCTION, source.text):
        texts = {match["key"].strip(): _without_line_breaks(match["value"]) for match in _PARAMETER.finditer(body)}
        yield Found(begin.start(), stop, (call_of_texts(begin["name"], texts),))


def _elements(begin: regex.Pattern[str], end: regex.Pattern[str], text: str) -> Iterator[_Element]:
    """Yield the elements of a text; one without an end reaches to the end of the text."""
    position = 0
    while (first := begin.search(text, position)) is not None:
        last = end.search(text, first.end())
        position = last.end() if last else len(text)
        yield first, text[first.end() : last.start() if last else len(text)], position


def _without_line_breaks(value: str) -> str:
    """Return a value without the one line break that templates write at either end."""
    return value.replace("\r\n", "\n").removeprefix("\n").removesuffix("\n")


_SPACE = r"(?:[\w-]++:|[|｜]DSML[|｜])?+"
_INVOKE = Pattern(rf"<{_SPACE}invoke\s++name=[\"']{NAME}[\"']\s*+>")
_END_OF_INVOKE = Pattern(rf"</{_SPACE}invoke>(?:\s*+</{_SPACE}(?:function_calls|tool_call|tool_calls)>)?")
_NAMED_PARAMETER = Pattern(
    rf"<{_SPACE}parameter\s++name=[\"'](?P<key>[^\"'\n]++)[\"'](?P<more>[^>]*+)>(?P<value>[^<]*+(?:<(?!/{_SPACE}parameter>)[^<]*+)*+)</{_SPACE}parameter>",
    regex.DOTALL,
)


def read_invocations(source: Source) -> Iterator[Found]:
    """Yield calls such as ``<invoke name="weather"><parameter name="city">Oslo</parameter></invoke>``."""
    for begin, body, stop in _elements(_INVOKE, _END_OF_INVOKE, source.text):
        parameters = list(_NAMED_PARAMETER.finditer(body))
        texts = {match["key"]: _without_line_breaks(match["value"]) for match in parameters}
        certain = {match["key"]: 'string="true"' in match["more"] for match in parameters}
        yield Found(begin.start(), stop, (call_of_texts(begin["name"], texts, certain),))


_OLD_INVOKE = Pattern(rf"<invoke>\s*+<tool_name>\s*+{NAME}\s*+</tool_name>")
_END_OF_OLD_INVOKE = Pattern(r"</invoke>")
_CHILD = Pattern(r"<(?P<key>(?!parameters>)[A-Za-z_][\w.-]*+)>(?P<value>.*?)</(?P=key)>", regex.DOTALL)


def read_old_invocations(source: Source) -> Iterator[Found]:
    """Yield calls such as ``<invoke><tool_name>weather</tool_name><parameters><city>Oslo</city></parameters>``."""
    for begin, body, stop in _elements(_OLD_INVOKE, _END_OF_OLD_INVOKE, source.text):
        yield Found(begin.start(), stop, (_of_elements(begin["name"], body),))


def _of_elements(name: str, body: str) -> ToolCall:
    return call_of_texts(name, {m["key"]: _without_line_breaks(m["value"]) for m in _CHILD.finditer(body)})


_PAIRS_BEGIN = Pattern(rf"<tool_call>\s*+{NAME}\s*+(?=<arg_key>|</tool_call>)")
_END_OF_PAIRS = Pattern(r"</tool_call>")
_PAIR = Pattern(r"<arg_key>(?P<key>[^<]*+)</arg_key>\s*+<arg_value>(?P<value>.*?)(?:</arg_value>|\Z)", regex.DOTALL)


def read_argument_pairs(source: Source) -> Iterator[Found]:
    """Yield calls such as ``<tool_call>weather<arg_key>city</arg_key><arg_value>Oslo</arg_value></tool_call>``."""
    for begin, body, stop in _elements(_PAIRS_BEGIN, _END_OF_PAIRS, source.text):
        texts = {match["key"].strip(): _without_line_breaks(match["value"]) for match in _PAIR.finditer(body)}
        yield Found(begin.start(), stop, (call_of_texts(begin["name"], texts),))


def read_tool_tags(source: Source) -> Iterator[Found]:
    """Yield calls whose tag is the name of a known tool: ``<weather><city>Oslo</city></weather>``."""
    for name in sorted(source.tools):
        element = regex.compile(rf"<(?P<name>{regex.escape(name)})>(?P<body>.*?)</(?P=name)>", regex.DOTALL)
        for match in element.finditer(source.text):
            if _CHILD.search(match["body"]) or not match["body"].strip():
                yield Found(match.start(), match.end(), (_of_elements(name, match["body"]),))
