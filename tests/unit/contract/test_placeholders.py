"""Placeholders that were left in a text are warned of; braces that are none are not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_kvguard.contract.model import Block, Contract, Filler, Instruction, Orderings, Probe
from pytest_kvguard.contract.placeholders import placeholder_warning

PLAIN = Contract(
    "shop", Path("shop.kv.yaml"), "You help.", (Instruction("a", "Be kind.", line=6),), (Probe("p", ("Hi!",), 9),)
)


@pytest.mark.parametrize(
    "text",
    ["{{ shop }}", "{{shop.name|upper}}", "{% if x %}", "${SHOP}", "{shop}", "{shop.name}", "<% shop %>", "%(shop)s"],
)
def test_a_placeholder_is_warned_of_with_its_line(text: str) -> None:
    contract = replace(PLAIN, parts=(Instruction("a", f"Welcome to {text}!", line=6),))
    warning = placeholder_warning(contract)
    assert warning is not None
    message, line = warning
    assert line == 6
    assert message.startswith(f"{text!r}: a placeholder of a template, which the model reads as it stands.")


@pytest.mark.parametrize(
    "text", ['{"name": "x"}', "{}", "{ }", "{1}", "a{2,3}", "{'a': 1}", "100 %", "$5", "set {1, 2}", "{{", "}}"]
)
def test_other_braces_are_no_placeholder(text: str) -> None:
    assert placeholder_warning(replace(PLAIN, preamble=text)) is None


def test_every_text_is_searched_and_the_first_is_told() -> None:
    places = (
        replace(PLAIN, preamble="{x}"),
        replace(PLAIN, parts=(Block("b", "{x}"),)),
        replace(PLAIN, parts=(Instruction("a", "Be.", paraphrases=("{x}",)),)),
        replace(PLAIN, probes=(Probe("p", ("Hi!", "{x}")),)),
        replace(PLAIN, orderings=Orderings(distractors=("{x}",))),
        replace(PLAIN, orderings=Orderings(filler=Filler(9, "{x}"))),
    )
    assert all(placeholder_warning(contract) for contract in places)
    assert placeholder_warning(replace(PLAIN, preamble="{x} {y} {z}")) is not None
    several = placeholder_warning(replace(PLAIN, preamble="{x} {y} {z}"))
    assert several is not None and several[0].startswith("'{x}' and 2 more: ")


def test_the_words_of_an_attack_are_not_the_users() -> None:
    assert placeholder_warning(replace(PLAIN, probes=(Probe("p", ("{x}",), is_attack=True),))) is None
