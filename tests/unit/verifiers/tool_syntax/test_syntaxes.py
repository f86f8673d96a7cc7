"""Tool calls in every syntax: one call is read as the same call, and what is none is left alone."""
# ruff: noqa: E501 - replies as models write them

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from pytest_kvguard.verifiers.table import verify
from pytest_kvguard.verifiers.tool_syntax import ToolCall, tool_calls

OSLO = [ToolCall("weather", {"city": "Oslo", "days": 3})]
A = '{"city": "Oslo", "days": 3}'
C = f'{{"name": "weather", "arguments": {A}}}'
P = C.replace("arguments", "parameters")

WRITTEN: dict[str, str] = {
    "XML names": f"<tool_use><name>weather</name><arguments>{A}</arguments></tool_use>",
    "function tag with a name": f'<function name="weather">{A}</function>',
    "Llama with a type": json.dumps({"type": "function", "name": "weather", "parameters": {"city": "Oslo", "days": 3}}),
    "tool code tag": "<tool_code>print(weather(city='Oslo', days=3))</tool_code>",
    "bare": C,
    "function as name": C.replace('"name"', '"function"'),
    "tool": C.replace('"name"', '"tool"'),
    "toolname": P.replace('"name"', '"tool_name"'),
    "hermes": f"<tool_call>\n{C}\n</tool_call>",
    "Hermes with parameters": f"<tool_call>\n{P}\n</tool_call>",
    "Hermes in single quotes": "<tool_call>{'name': 'weather', 'arguments': {'city': 'Oslo', 'days': 3}}</tool_call>",
    "plain in single quotes": "{'name': 'weather', 'arguments': {'city': 'Oslo', 'days': 3}}",
    "mistral list": f"[TOOL_CALLS][{C}]",
    "mistral sp": f"[TOOL_CALLS] [{C}]",
    "mistral name": f"[TOOL_CALLS]weather{A}",
    "mistral args": f"[TOOL_CALLS]weather[ARGS]{A}",
    "mistral id": f"[TOOL_CALLS]weather[CALL_ID]abc123[ARGS]{A}",
    "qwen": "<tool_call>\n<function=weather>\n<parameter=city>\nOslo\n</parameter>\n<parameter=days>\n3\n</parameter>\n</function>\n</tool_call>",
    "qwen bare": "<function=weather><parameter=city>Oslo</parameter><parameter=days>3</parameter></function>",
    "llama tag": f"<function=weather>{A}</function>",
    "python_tag": f"<|python_tag|>{P}",
    "python_tag2": '<|python_tag|>weather.call(city="Oslo", days=3)',
    "pylist": '[weather(city="Oslo", days=3)]',
    "pylist prose": 'I will look it up. [weather(city="Oslo", days=3)]',
    "pylist prose2": 'Let me see:\n\n[weather(city="Oslo", days=3)]',
    "whole Python": 'weather(city="Oslo", days=3)',
    "tool_code": 'Let me look.\n```tool_code\nweather(city="Oslo", days=3)\n```',
    "tool_code print": '```tool_code\nprint(weather(city="Oslo", days=3))\n```',
    "default_api": '```tool_code\nprint(default_api.weather(city="Oslo", days=3))\n```',
    "ds v3": f"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>weather\n```json\n{A}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
    "ds v31": f"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>weather<｜tool▁sep｜>{A}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
    "dsml": '<｜DSML｜function_calls>\n<｜DSML｜invoke name="weather">\n<｜DSML｜parameter name="city" string="true">Oslo</｜DSML｜parameter>\n<｜DSML｜parameter name="days" string="false">3</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>',
    "react": f"Thought: look\nAction: weather\nAction Input: {A}",
    "react fence": f"Action: weather\nAction Input:\n```json\n{A}\n```",
    "react bold": f"**Action:** weather\n**Action Input:** {A}",
    "react sq": "Action: weather\nAction Input: {'city': 'Oslo', 'days': 3}",
    "glm": "<tool_call>weather\n<arg_key>city</arg_key>\n<arg_value>Oslo</arg_value>\n<arg_key>days</arg_key>\n<arg_value>3</arg_value>\n</tool_call>",
    "granite": f"<|tool_call|>[{C}]",
    "granite2": f"<|tool_call|>{C}",
    "phi": f"<|tool_call|>[{P}]<|/tool_call|>",
    "harmony": f"<|channel|>commentary to=functions.weather <|constrain|>json<|message|>{A}<|call|>",
    "harmony2": f"<|start|>assistant to=functions.weather<|channel|>commentary json<|message|>{A}<|call|>",
    "harmony bare": f"commentary to=functions.weather json{A}",
    "invoke": '<function_calls>\n<invoke name="weather">\n<parameter name="city">Oslo</parameter>\n<parameter name="days">3</parameter>\n</invoke>\n</function_calls>',
    "minimax": '<minimax:tool_call>\n<invoke name="weather">\n<parameter name="city">Oslo</parameter>\n<parameter name="days">3</parameter>\n</invoke>\n</minimax:tool_call>',
    "minimax m1": f"<tool_calls>\n{C}\n</tool_calls>",
    "old invoke": "<function_calls><invoke><tool_name>weather</tool_name><parameters><city>Oslo</city><days>3</days></parameters></invoke></function_calls>",
    "openai": json.dumps(
        {"tool_calls": [{"id": "1", "type": "function", "function": {"name": "weather", "arguments": A}}]}
    ),
    "openai one": json.dumps({"type": "function", "function": {"name": "weather", "arguments": A}}),
    "openai list": json.dumps([{"type": "function", "function": {"name": "weather", "arguments": A}}]),
    "responses": json.dumps({"type": "function_call", "call_id": "x", "name": "weather", "arguments": A}),
    "tool_use": json.dumps({"type": "tool_use", "id": "x", "name": "weather", "input": {"city": "Oslo", "days": 3}}),
    "function_call": json.dumps({"function_call": {"name": "weather", "arguments": A}}),
    "llama type": json.dumps({"type": "function", "name": "weather", "arguments": {"city": "Oslo", "days": 3}}),
    "cohere": 'Action: ```json\n[\n {"tool_name": "weather", "parameters": ARGUMENTS}\n]\n```'.replace("ARGUMENTS", A),
    "cohere2": '<|START_ACTION|>[{"tool_call_id":"0","tool_name":"weather","parameters":ARGUMENTS}]<|END_ACTION|>'.replace(
        "ARGUMENTS", A
    ),
    "kimi": f"<|tool_calls_section_begin|><|tool_call_begin|>functions.weather:0<|tool_call_argument_begin|>{A}<|tool_call_end|><|tool_calls_section_end|>",
    "lfm": '<|tool_call_start|>[weather(city="Oslo", days=3)]<|tool_call_end|>',
    "llama4": '<|python_start|>[weather(city="Oslo", days=3)]<|python_end|>',
    "langchain": '```json\n{"action": "weather", "action_input": ARGUMENTS}\n```'.replace("ARGUMENTS", A),
    "functools": f"functools[{C}]",
    "gemmafn": "<start_function_call>call:weather{city:<escape>Oslo<escape>,days:3}<end_function_call>",
    "nemotron": f"<TOOLCALL>[{C}]</TOOLCALL>",
    "internlm": f"<|action_start|><|plugin|>{P}<|action_end|>",
    "fenced": f"```json\n{C}\n```",
    "prose": f"I will look. {C}",
    "nested": json.dumps({"reply": None, "actions": [{"tool_calls": [json.loads(C)]}]}),
    "thoughts": json.dumps({"thought": "x", "tool": "weather", "arguments": {"city": "Oslo", "days": 3}}),
    "mcp": json.dumps(
        {
            "jsonrpc": "2.0",
            "method": "tools/call",
            "params": {"name": "weather", "arguments": {"city": "Oslo", "days": 3}},
        }
    ),
    "react code": 'Thought: x\nAction: weather(city="Oslo", days=3)',
    "hermes fence": f"<tool_call>\n```json\n{C}\n```\n</tool_call>",
    "tagnl": f"<tool_call>\n{C}",
    "trailing comma": '<tool_call>{"name": "weather", "arguments": {"city": "Oslo", "days": 3,},}</tool_call>',
    "cmdr": 'Plan: x\nAction: ```json\n[{"tool_name": "weather", "parameters": ARGUMENTS}, {"tool_name": "directly-answer", "parameters": {}}]\n```'.replace(
        "ARGUMENTS", A
    ),
}
OF_A_KNOWN_TOOL = {
    "parameters": P,
    "name and object": f"weather{A}",
    "name, line break and object": f"weather\n{A}",
    "tag named as the tool": "<weather><city>Oslo</city><days>3</days></weather>",
    "keyed by the tool": '{"weather": {"city": "Oslo", "days": 3}}',
    "object in brackets": 'weather({"city": "Oslo", "days": 3})',
    "Python fence": '```python\nweather(city="Oslo", days=3)\n```',
}
NO_CALL = [
    "[TOOL_CALLS] []",
    "<tool_calls>\n[]\n</tool_calls>",
    '{"tool_calls": []}',
    '{"tool_calls": null, "content": "Hi"}',
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
    '{"name": "Pancakes", "parameters": {"servings": 4}}',
    '{"name": "person", "parameters": {"type": "object", "properties": {"age": {"type": "integer"}}}}',
    '{"type":"function","function":{"name":"weather","description":"x","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}',
    '{"name": "Climate debate", "arguments": {"pro": "a"}}',
    '{"name":"debate","arguments":["a","b"]}',
    '{"recipes":[{"name":"Pancakes","parameters":{"eggs":2}}]}',
    "Action: call the customer back.",
    "Action: none\nAction Input: none",
    "Use the `<tool_call>` tag.",
    "<tool_call> marks a call.",
    "[see here](https://a.de)",
    "See [docs(version=3)](https://a.de)",
    "x = [f(a=1)]",
    '```python\nsetup(name="x", version="1")\n```',
    'print(end="")',
    "return [f(a=1)]",
    "[TOOL_CALLS] is a token of Mistral.",
    'email to=bob {"a":1}',
    '{"function": "f(x) = x^2", "parameters": {"x": 3}}',
    '{"tool": "hammer", "price": 3}',
    "Action: Finish[42]",
    "Thought: ok\nAction: Finish[42]",
    "for x in [f(a=1)]: pass",
    "The function=weather option.",
    "<function=f> is a tag.",
    "[1, 2, 3]",
    '[{"name": "Ann"}, {"name": "Bob"}]',
    "Action: ```bash\nls\n```",
    '{"name": "Ann", "input": {"a": 1}}',
    '{"action": "buy", "parameters": {"n": 1}}',
    'json{"a": 1}',
    'Result {"a": 1}',
    "The call f(a=1) returns 2.",
    "def f(a=1): pass",
    "functools.partial(f, a=1)",
    "import functools",
    "Item[size(min=1)]",
    'Action: ```json\n[{"tool_name": "directly-answer", "parameters": {}}]\n```',
    '{"title":"x","type":"object","properties":{"name":{"type":"string"},"parameters":{"type":"object"}}}',
]
BROKEN = [
    '<tool_call>{"name": "weather", "arguments": {"city": "Os',
    '[TOOL_CALLS][{"name": "wea',
    '<|python_tag|>{"name": "w',
    '<function=weather>{"city": ',
    '[TOOL_CALLS]weather{"city',
    '<tool_call>{"foo": 1}</tool_call>',
]
SEVERAL = [
    "weather(city='Oslo', days=3)\nweather(city='Oslo', days=3);",
    f"<tool_call>{C}</tool_call>\n<tool_call>{C}</tool_call>",
    f"<tool_call>{C}\n{C}</tool_call>",
    f"[TOOL_CALLS]weather{A}[TOOL_CALLS]weather{A}",
    f"[TOOL_CALLS]weather{A}, weather{A}",
    f"<|python_tag|>{P}; {P}",
    WRITTEN["pylist"][:-1] + ", " + WRITTEN["pylist"][1:],
    WRITTEN["qwen"] * 2,
    WRITTEN["glm"] + "\n" + WRITTEN["glm"],
    WRITTEN["kimi"] * 2,
    WRITTEN["ds v3"] * 2,
    WRITTEN["ds v31"] * 2,
    WRITTEN["react"] + "\nObservation: 3\n" + WRITTEN["react"],
    f"{C}\n{C}",
    f"[{C}, {C}]",
    WRITTEN["harmony"] * 2,
    WRITTEN["invoke"] * 2,
    WRITTEN["tool_code"].replace("3)\n", "3)\nweather(city='Oslo', days=3)\n"),
    f"functools[{C}, {C}]",
    '[weather(city="Oslo", days=3)]\n[weather(city="Oslo", days=3)]',
]


@pytest.mark.parametrize("written", WRITTEN)
def test_a_call_is_read_in_every_syntax(written: str) -> None:
    assert tool_calls(WRITTEN[written]) == OSLO
    assert verify("tool_call", {"name": "weather", "arguments": {"city": "Oslo", "days": 3}}, WRITTEN[written]).holds
    assert not verify("no_tool_call", True, WRITTEN[written]).holds


@pytest.mark.parametrize("written", OF_A_KNOWN_TOOL)
def test_some_texts_are_calls_only_of_a_tool_that_the_contract_knows(written: str) -> None:
    reply = OF_A_KNOWN_TOOL[written]
    assert tool_calls(reply, ["weather"]) == OSLO
    assert tool_calls(reply) == tool_calls(reply, ["clock"]) == []
    assert verify("tool_call", "weather", reply).holds
    assert not verify("no_tool_call", {"tools": ["weather"]}, reply).holds


@pytest.mark.parametrize(
    "reply",
    [
        '{"name": "weather", "arguments": {"note": "the "old" one"}}',
        'I will. {"name": "weather", "arguments": {"days": 4',
        '[{"tool": "weather", "parameters": {"city": Oslo}}]',
    ],
)
def test_a_call_of_a_known_tool_that_cannot_be_read_to_its_end_is_neither_a_call_nor_none(reply: str) -> None:
    for name in ("no_tool_call", "tool_call"):
        assert not verify(name, {"tools": ["weather"]}, reply).holds
    assert verify("no_tool_call", {"tools": ["clock"]}, reply).holds


@pytest.mark.parametrize("reply", NO_CALL)
def test_what_only_looks_like_a_call_is_none(reply: str) -> None:
    assert tool_calls(reply) == []
    check = verify("no_tool_call", True, reply)
    assert check.holds and check.observed == "no call in any syntax it knows"
    assert not verify("tool_call", True, reply).holds


@pytest.mark.parametrize("reply", BROKEN)
def test_a_call_that_cannot_be_read_is_neither_a_call_nor_none(reply: str) -> None:
    for name in ("tool_call", "no_tool_call"):
        check = verify(name, True, reply)
        assert not check.holds and check.observed.endswith("begins that cannot be read")


@pytest.mark.parametrize("reply", SEVERAL)
def test_several_calls_in_one_syntax_are_all_read(reply: str) -> None:
    assert tool_calls(reply) == OSLO * 2


def test_calls_in_different_syntaxes_are_read_in_the_order_of_the_reply() -> None:
    reply = "\n".join(WRITTEN[name].replace("weather", f"tool_{n}") for n, name in enumerate(("glm", "qwen", "hermes")))
    assert [call.name for call in tool_calls(reply)] == ["tool_0", "tool_1", "tool_2"]


def test_a_call_within_a_call_is_read_before_the_outer_one() -> None:
    assert [call.name for call in tool_calls("[outer(a=inner(b=1))]")] == ["inner", "outer"]


def test_a_call_in_the_arguments_of_a_call_is_an_argument() -> None:
    reply = json.dumps({"name": "schedule", "arguments": {"task": json.loads(C)}})
    assert [call.name for call in tool_calls(reply)] == ["schedule"]


def test_behind_the_python_tag_code_is_a_call_of_python() -> None:
    assert tool_calls("<|python_tag|>import math\nprint(math.pi)")[0].name == "python"


@pytest.mark.parametrize("written", ["qwen", "glm", "invoke"])
def test_an_argument_without_a_type_may_be_the_text_that_a_check_expects(written: str) -> None:
    reply = WRITTEN[written].replace("Oslo", "0150").replace("3", "7")
    schema: dict[str, Any] = {"type": "object", "properties": {"days": {"type": "string"}}}
    assert verify("tool_call", {"name": "weather", "arguments": {"city": "0150", "days": 7}}, reply).holds
    assert verify("tool_call", {"name": "weather", "arguments": {"days": "7"}}, reply).holds
    assert verify("tool_call", {"name": "weather", "schema": schema}, reply).holds
    assert not verify("tool_call", {"name": "weather", "arguments": {"days": 8}}, reply).holds


PIECES = ('{"a":', "[", "{", "f(x=", "[f(x=", "<tool_call>{", "[TOOL_CALLS]a{", "{'a'", "[{", "to=functions.a ", '{"')
PIECES += ("<function=a><parameter=b>", '<invoke name="a">', "<|python_tag|>a", "[f(", "```\na(b=1)\n", "Action: a[b")
PIECES += (
    "<tool_call>a<arg_key>b</arg_key><arg_value>",
    "<|tool_call>call:a{",
    '{"name":"a","arguments":{}}',
    "functools[",
)


def test_a_long_row_of_beginnings_is_judged_in_time() -> None:
    for piece in PIECES:
        start = time.process_time()
        tool_calls((piece * 64_000)[:64_000], ["a"])
        assert time.process_time() - start < 10, piece
