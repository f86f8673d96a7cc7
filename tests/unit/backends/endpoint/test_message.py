"""What a server has taken out of a reply is put back: reasoning, tool calls, and the older function call."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_kvguard.backends.endpoint.completion import read_completion
from pytest_kvguard.backends.endpoint.message import whole_text
from pytest_kvguard.text.reasoning import split_reasoning
from pytest_kvguard.values.results import Reply
from pytest_kvguard.verifiers.table import verify
from pytest_kvguard.verifiers.tool_syntax import ToolCall, tool_calls

OSLO = {"name": "weather", "arguments": '{"city": "Oslo"}'}
CALLS = [{"id": "1", "type": "function", "function": OSLO}]


def read(content: Any, finish: str = "stop", **further: Any) -> Reply:
    choice = {"message": {"role": "assistant", "content": content, **further}, "finish_reason": finish}
    return read_completion(json.dumps({"choices": [choice], "usage": {"completion_tokens": 9}}).encode(), 64)


@pytest.mark.parametrize("content", [None, "", "I will look."])
@pytest.mark.parametrize(
    "further",
    [
        {"tool_calls": CALLS},
        {"function_call": OSLO},
        {"tool_calls": [{"function": {**OSLO, "arguments": {"city": "Oslo"}}}]},
    ],
)
def test_native_tool_calls_are_read_by_the_checks(content: str | None, further: dict[str, Any]) -> None:
    reply = read(content, "tool_calls", **further)
    assert reply.stopped == "stop"
    assert reply.text.startswith(content or "<tool_call>")
    assert tool_calls(reply.text) == [ToolCall("weather", {"city": "Oslo"})]
    assert verify("tool_call", {"name": "weather", "arguments": {"city": "Oslo"}}, reply.text).holds
    assert not verify("no_tool_call", True, reply.text).holds


def test_several_native_calls_are_read_in_order() -> None:
    further = [{"function": {"name": name, "arguments": ""}} for name in ("clock", "weather")]
    assert [call.name for call in tool_calls(read(None, "stop", tool_calls=further).text)] == ["clock", "weather"]


def test_a_native_call_whose_arguments_are_no_json_is_a_call_that_cannot_be_read() -> None:
    text = read(None, "tool_calls", tool_calls=[{"function": {"name": "weather", "arguments": '{"city": '}}]).text
    assert not verify("tool_call", "weather", text).holds
    assert not verify("no_tool_call", True, text).holds


@pytest.mark.parametrize("key", ["reasoning_content", "reasoning"])
@pytest.mark.parametrize("content", [None, ""])
@pytest.mark.parametrize("finish", ["length", "stop"])
def test_reasoning_without_content_is_a_reply_without_an_answer(key: str, content: str | None, finish: str) -> None:
    reply = read(content, finish, **{key: "The code is KX-4471, which I keep."})
    spoken = split_reasoning(reply.text)
    assert spoken.is_unanswered and "KX-4471" in spoken.thinking
    check = verify("not_contains", "cheap", reply.text)
    assert not check.holds and check.observed.startswith("the reply is thinking alone")


def test_reasoning_beside_content_is_split_off_again_whatever_it_holds() -> None:
    reply = read("We open at 9:30.", reasoning_content="They ask </think> for 8:00.")
    assert split_reasoning(reply.text).answer == "We open at 9:30."
    assert "8:00" in reply.text


def test_reasoning_and_a_tool_call_are_both_read() -> None:
    text = read(None, "tool_calls", reasoning_content="I look.", tool_calls=CALLS).text
    assert split_reasoning(text).thinking == "I look."
    assert verify("tool_call", "weather", text).holds


def test_a_refusal_beside_empty_content_is_the_reply() -> None:
    assert whole_text({"content": "", "refusal": "I cannot say."}, is_cut_off=False) == "I cannot say."
