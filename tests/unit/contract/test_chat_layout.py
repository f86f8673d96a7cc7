"""Where chat templates put the system text and the last user turn."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from pytest_kvguard.contract.chat_layout import FOLDED_NOTE, lay_out
from pytest_kvguard.errors import PromptError

MakeTokenizer = Callable[..., Any]
SYSTEM = "Be brief.\nBe kind."


@pytest.mark.parametrize(
    ("template", "context", "last_turn"),
    [
        (
            "chatml",
            f"<|im_start|>system\n{SYSTEM}<|im_end|>\n",
            "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
        ),
        (
            "llama3",
            f"<|begin|><|start|>system<|end|>\n\n{SYSTEM}<|eot|>",
            "<|start|>user<|end|>\n\nHi<|eot|><|start|>assistant<|end|>\n\n",
        ),
        ("gemma", f"<bos><turn>user\n{SYSTEM}\n\n", "Hi</turn>\n<turn>model\n"),
        ("mistral", f"<s>[INST] {SYSTEM}\n\n", "Hi [/INST]"),
        (
            "thinking",
            f"<|im_start|>system\n{SYSTEM}<|im_end|>\n",
            "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
        ),
    ],
)
def test_a_single_turn_is_cut_before_its_header_or_its_content(
    make_tokenizer: MakeTokenizer, template: str, context: str, last_turn: str
) -> None:
    layout = lay_out(make_tokenizer(template=template), SYSTEM, ["Hi"], [])
    assert layout.text[: layout.context_end] == context
    assert layout.text[layout.context_end :] == last_turn
    assert layout.text[layout.system_start : layout.system_stop] == SYSTEM


@pytest.mark.parametrize(
    ("template", "last_turn"),
    [
        ("chatml", "<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n"),
        ("llama3", "<|start|>user<|end|>\n\nBye<|eot|><|start|>assistant<|end|>\n\n"),
        ("gemma", "<turn>user\nBye</turn>\n<turn>model\n"),
        ("mistral", "Bye [/INST]"),
        ("thinking", "Bye<|im_end|>\n<|im_start|>assistant\n"),
    ],
)
def test_earlier_turns_and_replies_belong_to_the_context(
    make_tokenizer: MakeTokenizer, template: str, last_turn: str
) -> None:
    layout = lay_out(make_tokenizer(template=template), SYSTEM, ["Hi", "Bye"], ["Hello."])
    context = layout.text[: layout.context_end]
    assert layout.text[layout.context_end :] == last_turn
    assert "Hi" in context
    assert "Hello." in context
    assert layout.text[layout.system_start : layout.system_stop] == SYSTEM


def test_a_template_without_system_role_gets_the_instructions_in_the_first_turn_and_says_so(
    make_tokenizer: MakeTokenizer,
) -> None:
    layout = lay_out(make_tokenizer(template="gemma"), SYSTEM, ["Hi", "Bye"], ["Hello."])
    assert layout.text.startswith(f"<bos><turn>user\n{SYSTEM}\n\nHi</turn>")
    assert layout.notes == (FOLDED_NOTE,)


@pytest.mark.parametrize("template", ["chatml", "llama3", "mistral", "thinking"])
def test_other_templates_need_no_note(make_tokenizer: MakeTokenizer, template: str) -> None:
    assert lay_out(make_tokenizer(template=template), SYSTEM, ["Hi"], []).notes == ()


@pytest.mark.parametrize("template", ["chatml", "llama3", "gemma", "mistral", "thinking"])
@pytest.mark.parametrize("turn", [SYSTEM, "Alpha", "Zulu", "Be brief.", "<|im_end|>", "  padded  "])
def test_turns_that_repeat_other_text_confuse_nothing(make_tokenizer: MakeTokenizer, template: str, turn: str) -> None:
    tokenizer = make_tokenizer(template=template)
    plain = lay_out(tokenizer, SYSTEM, ["Hi", "Bye"], ["Hello."])
    layout = lay_out(tokenizer, SYSTEM, ["Hi", turn], ["Hello."])
    assert layout.context_end == plain.context_end
    assert layout.system_start == plain.system_start


@pytest.mark.parametrize("template", ["chatml", "llama3", "gemma", "thinking"])
def test_an_earlier_turn_that_repeats_the_system_text_is_not_taken_for_it(
    make_tokenizer: MakeTokenizer, template: str
) -> None:
    tokenizer = make_tokenizer(template=template)
    layout = lay_out(tokenizer, SYSTEM, [SYSTEM, "Bye"], [SYSTEM])
    assert layout.system_start == layout.text.index(SYSTEM)


def test_a_system_text_that_the_template_puts_last_is_located_there(make_tokenizer: MakeTokenizer) -> None:
    layout = lay_out(make_tokenizer(template="mistral"), SYSTEM, [SYSTEM, "Bye"], ["Hello."])
    assert layout.system_start == layout.text.rindex(SYSTEM)
    assert layout.text[layout.context_end :] == "Bye [/INST]"


def test_a_tokenizer_without_a_chat_template_is_refused(make_tokenizer: MakeTokenizer) -> None:
    with pytest.raises(PromptError) as caught:
        lay_out(make_tokenizer(template=None), SYSTEM, ["Hi"], [])
    assert "has no chat template. Use an instruction-tuned model" in str(caught.value)


@pytest.mark.parametrize("change", ["upper", "replace('\\n', ' ')", "replace('Be', 'Do be')", "truncate(6, True, '')"])
def test_a_template_that_alters_the_system_text_is_refused(make_tokenizer: MakeTokenizer, change: str) -> None:
    template = "{% for m in messages %}[{{ m.content | " + change + " }}]{% endfor %}"
    with pytest.raises(PromptError) as caught:
        lay_out(make_tokenizer(template=template), SYSTEM, ["hi"], [])
    assert "drops or alters the system text" in str(caught.value)
    assert "Use a template that writes the system message as it is" in str(caught.value)


def test_a_template_that_drops_the_system_text_is_refused(make_tokenizer: MakeTokenizer) -> None:
    template = "{% for m in messages %}{% if m.role != 'system' %}[{{ m.content }}]{% endif %}{% endfor %}"
    with pytest.raises(PromptError, match="drops or alters the system text"):
        lay_out(make_tokenizer(template=template), SYSTEM, ["hi"], [])


def test_a_template_that_writes_the_system_text_after_the_turns_is_refused(make_tokenizer: MakeTokenizer) -> None:
    template = "{% for m in messages[1:] %}[{{ m.content }}]{% endfor %}{{ messages[0].content }}"
    with pytest.raises(PromptError) as caught:
        lay_out(make_tokenizer(template=template), SYSTEM, ["hi"], [])
    message = str(caught.value)
    assert message.endswith("the end of the context cannot be located. Use a template that writes the turns in order.")


def test_a_template_that_fails_either_way_is_refused_with_both_reasons(make_tokenizer: MakeTokenizer) -> None:
    template = "{{ raise_exception('refuse ' + messages[0].role) }}"
    with pytest.raises(PromptError) as caught:
        lay_out(make_tokenizer(template=template), SYSTEM, ["hi"], [])
    assert "fails with a system message (refuse system) and without one (refuse user)" in str(caught.value)


def test_a_template_that_is_no_template_is_refused(make_tokenizer: MakeTokenizer) -> None:
    with pytest.raises(PromptError, match="the chat template fails"):
        lay_out(make_tokenizer(template="{% for %}"), SYSTEM, ["hi"], [])


def test_a_template_that_loops_is_ended_and_not_tried_again(
    make_tokenizer: MakeTokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_kvguard.contract.chat_layout.RENDER_SECONDS", 0.5)
    loop = "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}"
    tokenizer = make_tokenizer("byte_level", loop + "{% endfor %}")
    for limit in (10.0, 0.4):
        start = time.monotonic()
        with pytest.raises(PromptError, match="the chat template did not end within 0.5 s, so it is not tried again"):
            lay_out(tokenizer, "Be brief.", ("Hello",), ())
        assert time.monotonic() - start < limit
