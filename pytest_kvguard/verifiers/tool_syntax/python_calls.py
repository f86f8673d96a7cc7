"""Calls written as Python: ``[weather(city="Oslo")]``, alone, after prose or in a fence."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

import regex

from pytest_kvguard.text.fences import fences
from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.verifiers.tool_syntax.call import Found, ToolCall, unreadable
from pytest_kvguard.verifiers.tool_syntax.loose_values import literal, parse_expression
from pytest_kvguard.verifiers.tool_syntax.source import Source

__all__ = ["calls_in_expression", "read_call_lists", "read_python_tag", "read_tool_code", "read_whole_call"]

_PREFIXES = ("default_api.", "functions.")
_BUILT_IN = frozenset(dir(builtins))
_LIST = Pattern(r"\[\s*+(?=[^\W\d][\w.]*+\s*+\()")
_BEFORE_A_VALUE = tuple("=([{,+-*/%<|&@")
"""What stands before a list that is a value in code, and not a call."""

_WORDS_OF_CODE = Pattern(r"\b(?:in|return|yield|and|or|not|is|await|lambda|assert|del)\s*+\Z")
_BEGINS_AS_CALL = Pattern(r"\s*+[\[(]?+\s*+[^\W\d][\w.]*+\s*+\(")
MAX_CHARACTERS = 20_000


def calls_in_expression(text: str) -> Iterator[ToolCall]:
    """Yield the calls that a text consists of: one, a list of them, or one in each statement."""
    bare = _unprinted(text)
    node = parse_expression(bare)
    if node is not None:
        yield from _calls(node)
    elif _BEGINS_AS_CALL.match(bare):
        for line in (line for line in bare.replace(")\n", ")\n\0").split("\n\0") if line.strip()):
            node = parse_expression(_unprinted(line.strip().removesuffix(";")))
            if not isinstance(node, ast.Call):
                return
            yield from _calls(node)


def _calls(node: ast.expr) -> Iterator[ToolCall]:
    for item in node.elts if isinstance(node, ast.List | ast.Tuple) else (node,):
        call = _call(item)
        if call is not None:
            yield call


def _call(node: ast.expr) -> ToolCall | None:
    if not isinstance(node, ast.Call) or node.args or not isinstance(node.func, ast.Name | ast.Attribute):
        return None
    try:
        arguments = {keyword.arg: literal(keyword.value) for keyword in node.keywords if keyword.arg}
    except (ValueError, RecursionError):
        return None
    return ToolCall(_name(node.func), arguments)


def _name(node: ast.expr) -> str:
    name = ast.unparse(node).removesuffix(".call")
    return next((name.removeprefix(prefix) for prefix in _PREFIXES if name.startswith(prefix)), name)


def read_whole_call(source: Source) -> Iterator[Found]:
    """Yield the calls that a whole reply consists of; functions of Python itself are no tools."""
    text = source.text
    if len(text) > MAX_CHARACTERS or not text.rstrip().endswith((")", "]", ";")) or not _BEGINS_AS_CALL.match(text):
        return
    calls = tuple(_of_known_tools(text, source.tools)) or tuple(
        call for call in calls_in_expression(text) if call.name in source.tools or call.name not in _BUILT_IN
    )
    if calls:
        yield Found(0, len(text), calls)


def _of_known_tools(text: str, tools: frozenset[str]) -> Iterator[ToolCall]:
    """Yield the call of a known tool whose arguments have no names; an object is read, anything else cannot be."""
    node = parse_expression(text)
    if isinstance(node, ast.Call) and node.args and _name(node.func) in tools:
        try:
            arguments = literal(node.args[0])
        except (ValueError, RecursionError):
            arguments = None
        is_read = isinstance(arguments, dict) and len(node.args) == 1 and not node.keywords
        yield ToolCall(_name(node.func), arguments) if is_read else unreadable(_name(node.func))


def read_call_lists(source: Source) -> Iterator[Found]:
    """Yield the calls of lists in brackets, on their own or after prose (Llama); not of lists within code."""
    text = source.text
    for begin in _LIST.finditer(text):
        stop = source.closing_bracket(begin.start())
        if stop is None or not _stands_apart(text, begin.start(), stop):
            continue
        calls = tuple(_calls_in_list(text[begin.start() : stop]))
        if calls:
            yield Found(begin.start(), stop, calls)


def _stands_apart(text: str, start: int, stop: int) -> bool:
    """Return whether a list is a statement of its own: no value in code, no index, no link of Markdown."""
    line = text[max(0, start - 200) : start].rpartition("\n")[2]
    before = line.rstrip()
    is_index = before == line and before[-1:].isalnum()
    is_value = before.endswith(_BEFORE_A_VALUE) or _WORDS_OF_CODE.search(before) is not None
    return not is_index and not is_value and text[stop : stop + 1] not in ("(", "[", ".")


def _calls_in_list(text: str) -> Iterator[ToolCall]:
    """Yield the calls of a list; arguments that are calls themselves come before the call that they belong to."""
    node = parse_expression(text)
    for item in node.elts if isinstance(node, ast.List) else ():
        yield from _with_inner_calls(item)


def _with_inner_calls(node: ast.expr) -> Iterator[ToolCall]:
    call = _call(node)
    if call is not None:
        yield call
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute) and node.keywords:
        for keyword in node.keywords:
            yield from _with_inner_calls(keyword.value)
        yield (
            unreadable(_name(node.func)) if node.args else ToolCall(_name(node.func), dict(map(_shown, node.keywords)))
        )


def _shown(keyword: ast.keyword) -> tuple[str, object]:
    """Return an argument by name: its value, or the code of one that is no literal."""
    try:
        return str(keyword.arg), literal(keyword.value)
    except (ValueError, RecursionError):
        return str(keyword.arg), ast.unparse(keyword.value)


_TOOL_FENCES = ("function_call", "tool_call", "tool_calls", "tool_code", "tools")


def read_tool_code(source: Source) -> Iterator[Found]:
    """Yield the calls in fences for tool code (Gemma), and those of known tools in any fence."""
    for fence in fences(source.text):
        is_possible = fence.tag in _TOOL_FENCES or any(tool in fence.body for tool in source.tools)
        if not is_possible or len(fence.body) > MAX_CHARACTERS:
            continue
        found = [list(calls_in_expression(text)) for text in (fence.body, *fence.body.splitlines())]
        meant = [[call for call in calls if _is_meant(call, fence.tag, source.tools)] for calls in found]
        calls = meant[0] or [call for line in meant[1:] for call in line]
        if calls:
            yield Found(fence.start, fence.stop, tuple(calls))


def _is_meant(call: ToolCall, tag: str, tools: frozenset[str]) -> bool:
    return call.name in tools or (tag in _TOOL_FENCES and call.name not in _BUILT_IN)


def _unprinted(line: str) -> str:
    """Return what a line prints: tool code wraps its calls in ``print``."""
    inner = line.strip()
    return inner[len("print(") : -1] if inner.startswith("print(") and inner.endswith(")") else inner


_PYTHON_TAG = Pattern(r"<\|python_tag\|>(?!\s*+[\[{])(?P<code>(?:(?!<\|).)++)", regex.DOTALL)


def read_python_tag(source: Source) -> Iterator[Found]:
    """Yield what stands behind ``<|python_tag|>`` (Llama): a call, or code for the tool ``python``."""
    for match in _PYTHON_TAG.finditer(source.text):
        code = match["code"].strip()
        if code:
            calls = tuple(calls_in_expression(code[:MAX_CHARACTERS])) or (ToolCall("python", {"code": code}),)
            yield Found(match.start(), match.end(), calls)
