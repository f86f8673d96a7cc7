"""A call that is rendered in any syntax is read back with the same name and arguments."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.verifiers.tool_syntax import ToolCall, tool_calls

Arguments = dict[str, Any]

NAMES = st.from_regex(r"[a-z][a-z0-9]{1,8}_[a-z0-9]{1,8}", fullmatch=True)
KEYS = st.from_regex(r"key_[a-z]{1,6}", fullmatch=True)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=20)
PLAIN_WORDS = st.from_regex(r"[A-Za-zäöüéß東京] ?[A-Za-zäöüéß東京 ]{0,10}[A-Za-z]", fullmatch=True)
SCALARS = st.integers(-(10**9), 10**9) | st.booleans() | st.none()
VALUES = st.recursive(
    SCALARS | WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=5
)
TYPED = st.dictionaries(KEYS, VALUES, max_size=4)
UNTYPED = st.dictionaries(
    KEYS,
    st.integers(-999, 999)
    | st.booleans()
    | PLAIN_WORDS.filter(lambda text: text.lower() not in ("true", "false", "none", "null", "nan")),
    min_size=1,
    max_size=4,
)


def as_json(arguments: Arguments) -> str:
    return json.dumps(arguments, ensure_ascii=False)


def as_object(name: str, arguments: Arguments, key: str = "arguments") -> str:
    return json.dumps({"name": name, key: arguments}, ensure_ascii=False)


def as_python(name: str, arguments: Arguments) -> str:
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})"


def plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def qwen(name: str, arguments: Arguments) -> str:
    inner = "".join(f"<parameter={key}>\n{plain(value)}\n</parameter>\n" for key, value in arguments.items())
    return f"<tool_call>\n<function={name}>\n{inner}</function>\n</tool_call>"


def glm(name: str, arguments: Arguments) -> str:
    pairs = (f"<arg_key>{key}</arg_key>\n<arg_value>{plain(value)}</arg_value>" for key, value in arguments.items())
    return f"<tool_call>{name}\n" + "\n".join(pairs) + "\n</tool_call>"


def invoke(name: str, arguments: Arguments) -> str:
    inner = "".join(f'<parameter name="{key}">{plain(value)}</parameter>\n' for key, value in arguments.items())
    return f'<function_calls>\n<invoke name="{name}">\n{inner}</invoke>\n</function_calls>'


Render = Callable[[str, Arguments], str]
WITH_TYPES: dict[str, Render] = {
    "plain": as_object,
    "OpenAI": lambda n, a: json.dumps({"type": "function", "function": {"name": n, "arguments": json.dumps(a)}}),
    "Hermes": lambda n, a: f"<tool_call>\n{as_object(n, a)}\n</tool_call>",
    "Mistral list": lambda n, a: f"[TOOL_CALLS][{as_object(n, a)}]",
    "Mistral": lambda n, a: f"[TOOL_CALLS]{n}[ARGS]{as_json(a)}",
    "Llama": lambda n, a: f"<|python_tag|>{as_object(n, a, 'parameters')}",
    "function tag": lambda n, a: f"<function={n}>{as_json(a)}</function>",
    "DeepSeek": lambda n, a: (
        f"<｜tool▁call▁begin｜>function<｜tool▁sep｜>{n}\n```json\n{as_json(a)}\n```<｜tool▁call▁end｜>"
    ),
    "DeepSeek 3.1": lambda n, a: f"<｜tool▁call▁begin｜>{n}<｜tool▁sep｜>{as_json(a)}<｜tool▁call▁end｜>",
    "Kimi": lambda n, a: f"<|tool_call_begin|>functions.{n}:0<|tool_call_argument_begin|>{as_json(a)}<|tool_call_end|>",
    "Harmony": lambda n, a: f"<|channel|>commentary to=functions.{n} <|constrain|>json<|message|>{as_json(a)}<|call|>",
    "Granite": lambda n, a: f"<|tool_call|>[{as_object(n, a)}]",
    "Cohere": lambda n, a: f"Action: ```json\n{json.dumps([{'tool_name': n, 'parameters': a}])}\n```",
    "ReAct": lambda n, a: f"Thought: I look.\nAction: {n}\nAction Input: {as_json(a)}",
    "tool and arguments": lambda n, a: json.dumps({"tool": n, "arguments": a}),
    "Python list": lambda n, a: f"I will look. [{as_python(n, a)}]",
    "tool code": lambda n, a: f"```tool_code\n{as_python(n, a)}\n```",
    "Python literals": lambda n, a: f"<tool_call>{ {'name': n, 'arguments': a}!r}</tool_call>",
}
WITHOUT_TYPES: dict[str, Render] = {"Qwen": qwen, "GLM": glm, "invoke": invoke}


@pytest.mark.parametrize("syntax", WITH_TYPES)
@given(name=NAMES, arguments=TYPED)
def test_a_call_in_a_typed_syntax_is_read_back(syntax: str, name: str, arguments: Arguments) -> None:
    assert tool_calls(WITH_TYPES[syntax](name, arguments)) == [ToolCall(name, arguments)]


@pytest.mark.parametrize("syntax", WITHOUT_TYPES)
@given(name=NAMES, arguments=UNTYPED)
def test_a_call_in_a_syntax_without_types_is_read_back(syntax: str, name: str, arguments: Arguments) -> None:
    assert tool_calls(WITHOUT_TYPES[syntax](name, arguments)) == [ToolCall(name, arguments)]


@given(st.text())
def test_any_text_can_be_searched_for_calls(text: str) -> None:
    assert isinstance(tool_calls(text, ["weather"]), list)
