"""What is decided on the beginning of a reply is what the whole reply gets, for every check."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_kvguard.verifiers.ifeval.table import INSTRUCTIONS
from pytest_kvguard.verifiers.table import names, rule, verify
from tests.rule_values import VALUES

NEVER = {"ends_with", "judge", "language", "python", "same_as_uncompressed"}
"""Only the whole reply tells."""

KWARGS: dict[str, Any] = {
    "capital_frequency": 1,
    "capital_relation": "at least",
    "end_phrase": "Bye",
    "first_word": "Yes",
    "forbidden_words": ["river", "9:30"],
    "frequency": 2,
    "keyword": "river",
    "keywords": ["river", "Yes"],
    "language": "en",
    "let_frequency": 2,
    "let_relation": "less than",
    "letter": "σ",
    "nth_paragraph": 1,
    "num_bullets": 2,
    "num_highlights": 1,
    "num_paragraphs": 2,
    "num_placeholders": 2,
    "num_sections": 2,
    "num_sentences": 2,
    "num_words": 3,
    "postscript_marker": "P.S.",
    "prompt_to_repeat": "Yes. Dear σΑΣ",
    "relation": "less than",
    "section_spliter": "Yes.",
}
IFEVAL: list[dict[str, Any]] = [
    {"id": name, "mode": mode, **{key: KWARGS[key] for key in instruction.kwargs}}
    for name, instruction in INSTRUCTIONS.items()
    for mode in ("strict", "loose")
]
MORE: dict[str, list[Any]] = {
    "bullets": [1, {"min": 1}, {"max": 1}],
    "contains": [" ", ["9:30", "Yes"], {"text": "STRASSE", "ignore_case": True}],
    "contains_any": [{"text": ["dear", "ss"], "ignore_case": True}],
    "equals": [{"text": "yes. DEAR straße", "ignore_case": True}, "Dear"],
    "forbidden_words": ["river", ["cafe", "café"], "河"],
    "ifeval": IFEVAL,
    "json": [{"type": "object"}, {"type": ["string", "number"]}],
    "keyword_counts": [{"river": {"min": 1}}, {"Yes": {"max": 1}, "cafe": {"min": 1}}, {"a b": 1}],
    "max_sentences": [1],
    "max_words": [2],
    "max_words_per_sentence": [2],
    "min_sentences": [1],
    "min_words": [2],
    "not_contains": [{"text": "ss", "ignore_case": True}],
    "number": [250, 25, {"min": 1, "max": 30}, {"value": 0.25, "unit": "kg"}],
    "paragraphs": [1, {"min": 2}],
    "questions": [{"min": 1}, {"max": 1}, 0],
    "regex": [
        *(r"river$", r"cafe\b", r"(?!x)9", r"9:3[^0]", r"a+", r"(?i)DEAR", r"river(?= )", r"x*+y", r"(?>a*)b?", r"."),
        *(
            r"^Yes",
            r"\AYes",
            r"\d{2,3}?",
            r"(?<=Yes)\.",
            r"(a|b)+",
            r"Yes\Z",
            r"[^,]+,",
            r"[^\s]\S",
            r"(ab|b)\.",
            r"(?:9|x).3",
            r"(?:a){e<=1}",
        ),
    ],
    "starts_with": [{"text": "dear strass", "ignore_case": True}, "Yes."],
    "tool_call": [True, {"name": "f", "arguments": {"a": 1}}],
}
CHECKS = [
    (name, value)
    for name in sorted(set(names()) - {"judge", "python"})
    for value in [VALUES[name], *MORE.get(name, [])]
]
PIECES = [
    *"aσΑΣß,.?!()[]{}<>\"'`*-:;9 \n\u0301。？」、河ǅ",
    *("river", "rivers", "Yes", "Yes.", "Dear", "dear", "cafe", "9:30", "25", "250", "0 g", " g", " kg", "ss", "STR"),
    *("straße", "I can't help", "I cannot", "sorry", "\n\n", "\n- a", "* b", "```", "```json\n", "{}", "[1]", "***"),
    *('{"name": "f", "arguments": {"a": 1}}', '{"name": "get_weather", "arguments": {}}', "true", "p. s.", "<<a>>"),
    *("[x]", "*b*", "cheap", "sale", "Bye!", "half past nine", " x", " a b", "12", "don", "'t", "{", "[", "x " * 150),
]
REPLIES = st.lists(st.sampled_from(PIECES) | st.characters(), max_size=12).map("".join)


@given(st.sampled_from(CHECKS), REPLIES)
@example(("contains", " "), "  ")
@example(("tool_call", "f"), '[{"name": "f", "arguments": {}} no')
def test_a_decision_on_any_beginning_is_what_the_whole_reply_gets(check: tuple[str, Any], reply: str) -> None:
    name, value = check
    holds = verify(name, value, reply).holds
    for end in range(len(reply) + 1):
        decided = rule(name).decided(reply[:end], value)
        assert decided in (None, holds), f"{reply[:end]!r} is said to give {decided}"


@given(st.sampled_from(CHECKS), REPLIES, REPLIES)
def test_a_decision_stays_as_a_reply_goes_on(check: tuple[str, Any], beginning: str, rest: str) -> None:
    name, value = check
    decided = rule(name).decided(beginning, value)
    if decided is not None:
        assert rule(name).decided(beginning + rest, value) is decided


DECIDING = [
    ("bullets", 1, "- a\n- b", False),
    ("contains", "9:30", "At 9:30", True),
    ("contains_any", ["nine", "9:30"], "At 9:30", True),
    ("equals", "Yes.", "No", False),
    ("forbidden_words", "sale", "a sale of", False),
    ("ifeval", "punctuation:no_comma", "a, b", False),
    ("json", True, "Sure! ", False),
    ("keyword_counts", {"river": 1}, "river river and", False),
    ("lowercase", True, "the Shop", False),
    ("max_sentences", 1, "One. Two", False),
    ("max_words", 2, "one two three", False),
    ("max_words_per_sentence", 2, "one two three", False),
    ("min_sentences", 2, "One. Two", True),
    ("min_words", 2, "one two", True),
    ("no_comma", True, "a,", False),
    ("no_refusal", True, "I can't help with", False),
    ("no_tool_call", True, '{"name": "f", "arguments": {}}', False),
    ("not_contains", "cheap", "cheap", False),
    ("number", {"value": 250, "unit": "g"}, "it has 0.25 kg of flour", True),
    ("paragraphs", 1, "a\n\nb", False),
    ("questions", 0, "Who? Me", False),
    ("refusal", True, "w " * 150, False),
    ("regex", r"\d:\d\d", "at 9:30", True),
    ("starts_with", "Dear", "Hello", False),
    ("tool_call", "f", '{"name": "f", "arguments": {}}', True),
    ("uppercase", True, "THE sHOP", False),
]


@pytest.mark.parametrize(("name", "value", "prefix", "decided"), DECIDING)
def test_a_check_is_decided_as_soon_as_nothing_can_change_it(name: str, value: Any, prefix: str, decided: bool) -> None:
    assert rule(name).decides_early
    assert rule(name).decided(prefix, value) is decided
    assert rule(name).decided("", value) is None


def test_every_check_is_known_to_decide_early_or_never_to() -> None:
    assert {name for name, *_ in DECIDING} | NEVER == set(names())
    assert not {name for name, *_ in DECIDING} & NEVER


@pytest.mark.parametrize("name", sorted(NEVER))
def test_a_check_that_needs_the_whole_reply_is_never_decided(name: str) -> None:
    assert not rule(name).decides_early
    assert rule(name).decided("Bye! Auf Wiedersehen, bis zum nächsten Mal!", VALUES[name]) is None


@pytest.mark.parametrize("instruction", sorted(INSTRUCTIONS))
def test_of_ifeval_what_counts_what_is_there_is_decided_early(instruction: str) -> None:
    obeying = {
        "change_case:english_capital": "The",
        "change_case:english_lowercase": "The",
        "combination:repeat_prompt": "Yes. Dear σΑΣ and",
        "detectable_content:number_placeholders": "[a] [b] ",
        "detectable_content:postscript": "P.S. ",
        "detectable_format:constrained_response": "My answer is yes. ",
        "detectable_format:multiple_sections": "Yes. 1 Yes. 2 ",
        "detectable_format:number_highlighted_sections": "*b* ",
        "detectable_format:title": "<<a>> ",
        "keywords:existence": "Yes river ",
        "keywords:forbidden_words": "a river runs",
        "keywords:frequency": "river river",
        "keywords:letter_frequency": "σσ ",
        "length_constraints:number_words": "a b c",
        "punctuation:no_comma": "a, b",
        "startend:quotation": "a",
    }
    value = {"id": instruction, **{key: KWARGS[key] for key in INSTRUCTIONS[instruction].kwargs}}
    decided = rule("ifeval").decided(obeying.get(instruction, "Yes. " * 9), value)
    assert (decided is not None) is (instruction in obeying)
