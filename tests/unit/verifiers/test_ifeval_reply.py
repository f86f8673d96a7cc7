"""ifeval: how an instruction is written in a contract, and its two readings."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pytest_kvguard.verifiers.ifeval.table import INSTRUCTIONS
from pytest_kvguard.verifiers.ifeval_reply import KWARGS, family, loose_variants
from pytest_kvguard.verifiers.table import junk_floor, rule, verify

WORDS = {"id": "length_constraints:number_words", "num_words": 50, "relation": "at least"}
QUOTED = 'Here you are:\n*"We open at 9."*\nAnything else?'


def test_an_instruction_without_arguments_is_written_as_its_id() -> None:
    check = verify("ifeval", "punctuation:no_comma", "One, two")
    assert (check.holds, check.expected, check.observed) == (False, "IFEval punctuation:no_comma", "comma in 'One,'")
    assert check == verify("ifeval", {"id": "punctuation:no_comma", "mode": "strict"}, "One, two")


def test_the_wording_names_the_arguments() -> None:
    check = verify("ifeval", {**WORDS, "mode": "loose"}, "too short")
    assert check.expected == "IFEval length_constraints:number_words, num_words 50, relation 'at least' (loose)"


def test_the_strict_reading_takes_the_reply_as_it_is_and_the_loose_one_forgives_a_line_at_each_end() -> None:
    assert not verify("ifeval", "startend:quotation", QUOTED).holds
    assert verify("ifeval", {"id": "startend:quotation", "mode": "loose"}, QUOTED).holds


@pytest.mark.parametrize("mode", ["strict", "loose"])
def test_a_blank_reply_follows_nothing_in_either_reading(mode: str) -> None:
    assert not verify("ifeval", {"id": "punctuation:no_comma", "mode": mode}, " \n").holds


def test_a_loose_check_that_fails_describes_the_whole_reply() -> None:
    check = verify("ifeval", {**WORDS, "mode": "loose"}, "one two\nthree")
    assert check.observed == "3 words"


def test_the_eight_loose_forms_occur_once_each_and_none_is_blank() -> None:
    assert loose_variants("a*\nb\nc") == ("a*\nb\nc", "b\nc", "a*\nb", "b", "a\nb\nc", "a\nb")
    assert loose_variants("*") == ("*",)
    assert loose_variants("") == ()


@given(st.text())
def test_a_reply_that_obeys_in_strict_mode_obeys_in_loose_mode(reply: str) -> None:
    for name in ("punctuation:no_comma", "startend:quotation", "detectable_format:title"):
        if verify("ifeval", name, reply).holds:
            assert verify("ifeval", {"id": name, "mode": "loose"}, reply).holds


def test_a_familys_name_is_the_first_part_of_the_id() -> None:
    assert family("punctuation:no_comma") == "punctuation"
    assert family(WORDS) == "length_constraints"


@pytest.mark.parametrize(
    ("value", "share"),
    [
        ("punctuation:no_comma", 3 / 5),
        ("startend:quotation", 0),
        ({"id": "language:response_language", "language": "de"}, 2 / 5),
        (WORDS, 0),
    ],
)
def test_junk_follows_some_instructions(value: Any, share: float) -> None:
    assert junk_floor("ifeval", value) == share


def test_every_argument_an_instruction_takes_can_be_written() -> None:
    assert {name for instruction in INSTRUCTIONS.values() for name in instruction.kwargs} == set(KWARGS)


@pytest.mark.parametrize(
    "value", ["punctuation:no_coma", {"id": "nonsense"}, {"mode": "loose"}, {**WORDS, "mode": "lax"}, {**WORDS, "x": 1}]
)
def test_unknown_ids_modes_and_arguments_are_outside_the_schema(value: Any) -> None:
    assert not Draft202012Validator(rule("ifeval").value_schema).is_valid(value)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (
            {"id": "length_constraints:number_words", "num_words": 5},
            "length_constraints:number_words needs 'relation' ('less than' or 'at least'). "
            "It takes: num_words, relation. Add it.",
        ),
        (
            {"id": "keywords:existence", "keyword": "dog"},
            "keywords:existence takes no 'keyword'. Allowed: keywords. Did you mean 'keywords'?",
        ),
        (
            {"id": "startend:quotation", "num_words": 3},
            "startend:quotation takes no 'num_words'. Allowed: none. Remove it.",
        ),
        (
            {
                "id": "length_constraints:nth_paragraph_first_word",
                "num_paragraphs": 1,
                "nth_paragraph": 2,
                "first_word": "x",
            },
            "nth_paragraph 2 is above num_paragraphs 1. Lower it.",
        ),
    ],
)
def test_contradictory_arguments_are_a_problem_before_any_run(value: Any, problem: str) -> None:
    assert rule("ifeval").problem(value) == problem


def test_complete_values_are_no_problem() -> None:
    assert rule("ifeval").problem(WORDS) is None
    assert rule("ifeval").problem("startend:quotation") is None
