"""tool_call and no_tool_call, over the ways models write a call."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.verifiers.table import rule, verify
from pytest_kvguard.verifiers.tool_syntax import ToolCall, tool_calls

OSLO = ToolCall("weather", {"city": "Oslo", "days": 3})
CALL = '{"name": "weather", "arguments": {"city": "Oslo", "days": 3}}'
ESCAPED = json.dumps({"city": "Oslo", "days": 3})
WRITTEN = {
    "bare": CALL,
    "function as name": CALL.replace('"name"', '"function"'),
    "tagged": f"<tool_call>\n{CALL}\n</tool_call>",
    "marked list": f"[TOOL_CALLS][{CALL}]",
    "fenced": f"```json\n{CALL}\n```",
    "after prose": f"I will look. {CALL}",
    "message": json.dumps({"tool_calls": [{"function": {"name": "weather", "arguments": ESCAPED}}]}),
    "python": '[weather(city="Oslo", days=3)]',
    "python fence": 'Let me look.\n```tool_code\nweather(city="Oslo", days=3)\n```',
}
NO_CALL = [
    "It rains in Oslo.",
    "The [list] of {things}",
    '{"name": "Ann", "age": 3}',
    '{"name": "weather", "arguments": "not json"}',
    "weather('Oslo')",
    "weather(city=where())",
    '{"name": "weather", "arguments": {',
    "\x00",
    '"\\d"',
    "12345",
]


@pytest.mark.parametrize("written", WRITTEN)
def test_a_call_is_read_however_it_is_written(written: str) -> None:
    assert tool_calls(WRITTEN[written]) == [OSLO]


@pytest.mark.parametrize("reply", NO_CALL)
def test_other_replies_hold_no_call(reply: str) -> None:
    assert tool_calls(reply) == []
    assert verify("no_tool_call", True, reply).holds
    assert verify("tool_call", True, reply).observed == "no tool call in the reply"


def test_several_calls_are_read_in_order() -> None:
    names = [call.name for call in tool_calls(f"{CALL}\n{CALL.replace('weather', 'clock')}")]
    assert names == ["weather", "clock"]
    assert [call.name for call in tool_calls("[a(x=1), b()]")] == ["a", "b"]


@pytest.mark.parametrize("reply", ["[" * 100_000, "{" * 100_000, "(" * 5_000, '{"a":' * 50_000])
def test_a_reply_of_nothing_but_brackets_is_judged_in_finite_time(reply: str) -> None:
    assert tool_calls(reply) == []


@pytest.mark.parametrize(
    ("value", "holds", "observed"),
    [
        (True, True, "weather is called so"),
        ("weather", True, "weather is called so"),
        ("clock", False, "'weather' is called"),
        ({"name": "weather", "arguments": {"city": "Oslo"}}, True, "weather is called so"),
        ({"name": "weather", "arguments": {"city": "Rome"}}, False, "weather has city='Oslo'"),
        ({"name": "weather", "arguments": {"unit": "C"}}, False, "weather has no argument 'unit'"),
        ({"name": "weather", "arguments": {"days": 3.0}}, True, "weather is called so"),
        ({"name": "weather", "arguments": {"days": True}}, False, "weather has days='3'"),
        ({"name": "weather", "schema": {"required": ["city"]}}, True, "weather is called so"),
        ({"name": "weather", "schema": {"properties": {"days": {"maximum": 2}}}}, False, "weather has JSON, but"),
    ],
)
def test_a_call_must_have_the_name_the_arguments_and_the_schema(value: Any, holds: bool, observed: str) -> None:
    check = verify("tool_call", value, CALL)
    assert check.holds is holds
    assert check.observed.startswith(observed)


def test_one_call_of_several_is_enough_and_all_differences_are_named() -> None:
    reply = f"{CALL}{CALL.replace('Oslo', 'Rome')}"
    assert verify("tool_call", {"name": "weather", "arguments": {"city": "Rome"}}, reply).holds
    check = verify("tool_call", {"name": "weather", "arguments": {"city": "Bonn"}}, reply)
    assert check.observed == "weather has city='Oslo'; weather has city='Rome'"


def test_the_expectation_reads_as_a_call() -> None:
    value = {"name": "weather", "arguments": {"city": "Oslo"}, "schema": {"type": "object"}}
    assert verify("tool_call", value, CALL).expected == "calls weather(city='Oslo'), arguments as in its schema"
    assert verify("tool_call", True, CALL).expected == "calls a tool"
    assert verify("no_tool_call", True, CALL).observed == "'weather' is called"


def test_a_schema_that_cannot_be_used_is_a_problem_before_any_run() -> None:
    assert "not a JSON Schema" in str(rule("tool_call").problem({"name": "x", "schema": {"type": 3}}))
    assert rule("tool_call").problem({"name": "x", "schema": {"type": "object"}}) is None
    assert rule("tool_call").problem("x") is None


@pytest.mark.parametrize("name", ["tool_call", "no_tool_call"])
def test_tools_can_be_named_beside_the_check(name: str) -> None:
    reply = CALL.replace("arguments", "parameters")
    assert verify(name, {"tools": ["weather"]}, reply).holds is (name == "tool_call")
    assert verify(name, {"tools": ["clock"]}, reply).holds is (name == "no_tool_call")
    assert verify(name, {"tools": ["clock"]}, CALL).holds is (name == "tool_call")


def test_a_schema_may_let_an_argument_have_any_value() -> None:
    reply = "<function=weather><parameter=days>3</parameter></function>"
    assert verify("tool_call", {"name": "weather", "schema": {"properties": {"days": True}}}, reply).holds


@given(st.text(alphabet="[]{}():,\"'= abc01\n`"))
def test_any_muddle_of_brackets_can_be_judged(reply: str) -> None:
    assert isinstance(verify("tool_call", "a", reply).holds, bool)
