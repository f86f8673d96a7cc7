"""Prompts: token ids, the context's length and the tokens of every instruction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise, permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_kvguard.contract.chat_layout import FOLDED_NOTE
from pytest_kvguard.contract.model import Block, Contract, Instruction, Probe
from pytest_kvguard.contract.parse import parse_contract
from pytest_kvguard.contract.render import Prompt, render_prompt
from pytest_kvguard.errors import PromptError

MakeTokenizer = Callable[..., Any]
KINDS = ["byte_level", "pairs", "words"]
TEMPLATES = ["chatml", "llama3", "gemma", "mistral", "thinking"]
SHARED_TOKENIZER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=15).map(str.strip).filter(bool)


def build(texts: Sequence[str], preamble: str = "") -> Contract:
    parts = [Instruction(f"i{index}", text) for index, text in enumerate(texts)]
    return Contract("c", Path("c.kv.yaml"), preamble, tuple(parts), (Probe("p", ("Hi",)),))


def assert_sound(prompt: Prompt) -> None:
    """Assert the promises of every prompt, whatever its tokenizer and template."""
    assert 0 < prompt.context_tokens < len(prompt.token_ids)
    taken = [position for span in prompt.spans.values() for start, stop in span for position in range(start, stop)]
    assert len(taken) == len(set(taken)), "instructions share a token"
    assert all(prompt.system_span[0] <= position < prompt.system_span[1] for position in taken)
    assert prompt.system_span[1] <= prompt.context_tokens
    for span in prompt.spans.values():
        assert all(start < stop for start, stop in span)
        assert all(one[1] < other[0] for one, other in pairwise(span))
    assert "".join(prompt.pieces) == prompt.text
    assert len(prompt.pieces) == len(prompt.owners) == len(prompt.token_ids)
    for name, span in prompt.spans.items():
        inside = {position for start, stop in span for position in range(start, stop)}
        assert {position for position, owner in enumerate(prompt.owners) if owner == name} == inside


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_order_of_a_real_contract_renders_soundly(
    make_tokenizer: MakeTokenizer, contract: Contract, kind: str, template: str
) -> None:
    tokenizer = make_tokenizer(kind, template)
    for order in permutations(contract.written_order):
        prompt = render_prompt(tokenizer, contract, order, ("Hello!", "And now?"), ("hi there",))
        assert_sound(prompt)
        assert list(prompt.spans) == list(order)
        assert all(prompt.spans.values())


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_tokens_of_an_instruction_decode_to_its_text(
    make_tokenizer: MakeTokenizer, contract: Contract, template: str
) -> None:
    tokenizer = make_tokenizer("byte_level", template)
    prompt = render_prompt(tokenizer, contract, contract.written_order, ["Hello!"], [])
    for instruction in contract.instructions:
        ((start, stop),) = prompt.spans[instruction.id]
        assert tokenizer.decode(prompt.token_ids[start:stop]) == instruction.text


def test_the_system_span_decodes_to_the_system_text(make_tokenizer: MakeTokenizer, contract: Contract) -> None:
    tokenizer = make_tokenizer()
    prompt = render_prompt(tokenizer, contract, contract.written_order, ["Hello!"], [])
    assert tokenizer.decode(prompt.token_ids[slice(*prompt.system_span)]) == contract.system_text(
        contract.written_order
    )


def test_blocks_and_preamble_belong_to_no_instruction(make_tokenizer: MakeTokenizer, contract: Contract) -> None:
    tokenizer = make_tokenizer()
    prompt = render_prompt(tokenizer, contract, contract.written_order, ["Hello!"], [])
    (block,) = (part for part in contract.parts if isinstance(part, Block))
    owned = "".join(
        tokenizer.decode(prompt.token_ids[start:stop]) for span in prompt.spans.values() for start, stop in span
    )
    assert block.text not in owned
    assert contract.preamble not in owned


def test_context_and_last_turn_decode_to_the_two_parts_of_the_text(
    make_tokenizer: MakeTokenizer, contract: Contract
) -> None:
    tokenizer = make_tokenizer()
    prompt = render_prompt(tokenizer, contract, contract.written_order, ["Hello!", "Bye!"], ["hi"])
    context = tokenizer.decode(prompt.token_ids[: prompt.context_tokens])
    last_turn = tokenizer.decode(prompt.token_ids[prompt.context_tokens :])
    assert context + last_turn == prompt.text
    assert context.endswith("<|im_start|>assistant\nhi<|im_end|>\n")
    assert last_turn == "<|im_start|>user\nBye!<|im_end|>\n<|im_start|>assistant\n"


def test_a_growing_conversation_keeps_the_tokens_of_its_context(
    make_tokenizer: MakeTokenizer, contract: Contract
) -> None:
    tokenizer = make_tokenizer()
    order = contract.written_order
    first = render_prompt(tokenizer, contract, order, ["Hello!"], [])
    second = render_prompt(tokenizer, contract, order, ["Hello!", "Bye!"], ["hi"])
    assert second.token_ids[: first.context_tokens] == first.token_ids[: first.context_tokens]
    assert second.spans == first.spans


def test_the_text_is_tokenised_once_without_adding_special_tokens(
    make_tokenizer: MakeTokenizer, contract: Contract
) -> None:
    tokenizer = make_tokenizer()
    prompt = render_prompt(tokenizer, contract, contract.written_order, ["Hello!"], [])
    assert prompt.token_ids == tuple(tokenizer(prompt.text, add_special_tokens=False)["input_ids"])


def test_a_token_that_straddles_the_boundary_belongs_to_the_last_turn(make_tokenizer: MakeTokenizer) -> None:
    tokenizer = make_tokenizer("pairs", "{% for m in messages %}{{ m.content }}|{% endfor %}")
    even = render_prompt(tokenizer, build(["abc"]), ["i0"], ["xy"], [])
    assert (even.text, even.context_tokens) == ("abc|xy|", 2)
    odd = render_prompt(tokenizer, build(["abcd"]), ["i0"], ["xy"], [])
    assert (odd.text, odd.context_tokens) == ("abcd|xy|", 2)


def test_a_token_of_two_instructions_belongs_to_the_one_that_holds_more_of_it(make_tokenizer: MakeTokenizer) -> None:
    tokenizer = make_tokenizer("words", "{% for m in messages %}{{ m.content }} {% endfor %}")
    prompt = render_prompt(tokenizer, build(["one two", "three"]), ["i1", "i0"], ["xy"], [])
    assert prompt.spans == {"i1": ((0, 1),), "i0": ((1, 3),)}
    assert prompt.system_span == (0, 3)


def test_an_instruction_without_a_token_of_its_own_is_noted(make_tokenizer: MakeTokenizer) -> None:
    tokenizer = make_tokenizer("pairs", "{% for m in messages %}{{ m.content }}|{% endfor %}")
    prompt = render_prompt(tokenizer, replace(build(["a", "b"]), join=""), ["i0", "i1"], ["xy"], [])
    assert prompt.spans == {"i0": ((0, 1),), "i1": ()}
    assert prompt.notes == ("instruction 'i1' has no token of its own: it shares all its tokens with its neighbours",)


def test_a_template_without_system_role_is_noted(make_tokenizer: MakeTokenizer, contract: Contract) -> None:
    prompt = render_prompt(make_tokenizer(template="gemma"), contract, contract.written_order, ["Hi"], [])
    assert prompt.notes == (FOLDED_NOTE,)
    assert_sound(prompt)


def test_a_tokenizer_without_offsets_is_refused(make_tokenizer: MakeTokenizer, contract: Contract) -> None:
    class Slow:
        is_fast = False
        chat_template = "set"
        apply_chat_template = make_tokenizer().apply_chat_template

    with pytest.raises(PromptError) as caught:
        render_prompt(Slow(), contract, contract.written_order, ["Hi"], [])
    assert "the tokenizer Slow gives no character offsets" in str(caught.value)
    assert "Use the model's fast tokenizer" in str(caught.value)


@pytest.mark.parametrize(("turns", "replies"), [(["a"], ["b"]), (["a", "b"], []), ([], [])])
def test_replies_must_be_one_fewer_than_turns(
    make_tokenizer: MakeTokenizer, contract: Contract, turns: list[str], replies: list[str]
) -> None:
    with pytest.raises(ValueError, match="user turns need"):
        render_prompt(make_tokenizer(), contract, contract.written_order, turns, replies)


@pytest.mark.parametrize("template", ["chatml", "gemma", "mistral"])
@SHARED_TOKENIZER
@given(texts=st.lists(TEXTS, min_size=1, max_size=4), preamble=st.just("") | TEXTS, turn=TEXTS)
def test_byte_level_spans_decode_back_whatever_the_script(
    make_tokenizer: MakeTokenizer, template: str, texts: list[str], preamble: str, turn: str
) -> None:
    tokenizer = make_tokenizer("byte_level", template)
    contract = build(texts, preamble)
    prompt = render_prompt(tokenizer, contract, contract.written_order, [turn], [])
    assert_sound(prompt)
    assert "".join(tokenizer.decode(prompt.token_ids)) == prompt.text
    for instruction in contract.instructions:
        tokens = [token for start, stop in prompt.spans[instruction.id] for token in prompt.token_ids[start:stop]]
        assert instruction.text in tokenizer.decode(tokens)


@SHARED_TOKENIZER
@given(texts=st.lists(TEXTS, min_size=1, max_size=4), turn=TEXTS, template=st.sampled_from(TEMPLATES))
def test_spans_stay_sound_when_tokens_straddle_everything(
    make_tokenizer: MakeTokenizer, texts: list[str], turn: str, template: str
) -> None:
    contract = build(texts)
    prompt = render_prompt(make_tokenizer("pairs", template), contract, contract.written_order, [turn], [])
    assert_sound(prompt)


def test_prompts_are_values(make_tokenizer: MakeTokenizer, contract: Contract) -> None:
    tokenizer = make_tokenizer()
    one = render_prompt(tokenizer, contract, contract.written_order, ["Hi"], [])
    assert one == render_prompt(tokenizer, contract, contract.written_order, ["Hi"], [])
    assert one != replace(one, context_tokens=1)


LAID_OUT = """\
kvguard: 1
name: desk
context:
  preamble: |
    You are the desk.

    # Rules
  join: "\\n\\n"
  instructions:
    - id: greet
      text: |2
          - Greet everyone.

            Even at night.
      check: {contains: night}
    - id: end
      text: "  - End with a line break.\\n\\n"
probes: {hello: Hello}
"""


@pytest.mark.parametrize("template", ["chatml", "llama3", "gemma", "mistral", "thinking"])
@pytest.mark.parametrize("kind", ["byte_level", "pairs"])
def test_a_prompt_is_laid_out_as_written_and_its_spans_with_it(
    make_tokenizer: MakeTokenizer, write: Callable[[str], Path], template: str, kind: str
) -> None:
    contract = parse_contract(write(LAID_OUT))
    written = (
        "You are the desk.\n\n# Rules\n\n  - Greet everyone.\n\n    Even at night.\n\n  - End with a line break.\n"
    )
    prompt = render_prompt(make_tokenizer(kind, template), contract, contract.written_order, ["Hello"], [])
    assert written.rstrip() in prompt.text
    for name, text in (("greet", "  - Greet everyone.\n\n    Even at night."), ("end", "  - End with a line break.")):
        ((start, stop),) = prompt.spans[name]
        span = "".join(prompt.pieces[start:stop])
        assert text.strip()[1:-1] in span
        assert len(span.strip()) <= len(text.strip()) + 2


@pytest.mark.parametrize("template", ["chatml", "llama3", "gemma", "mistral"])
@pytest.mark.parametrize("text", ["\n\n  Be kind.", "Be kind.  \n\n", "  Be kind.\n", "Be kind."])
def test_blanks_at_the_ends_that_a_template_strips_move_no_span(
    make_tokenizer: MakeTokenizer, template: str, text: str
) -> None:
    contract = build([text])
    prompt = render_prompt(make_tokenizer("byte_level", template), contract, ["i0"], ["Hello"], [])
    ((start, stop),) = prompt.spans["i0"]
    assert "".join(prompt.pieces[start:stop]).strip() == "Be kind."
