"""Every IFEval instruction, on a reply that follows it and on one that just misses."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kvguard.verifiers.ifeval.table import INSTRUCTIONS

AT_LEAST, LESS = "at least", "less than"
ENGLISH = "the shop opens every morning and closes late in the evening when the last guest has left"
GERMAN = "Der Laden öffnet jeden Morgen und schließt spät am Abend, wenn der letzte Gast gegangen ist."

CASES: list[tuple[str, dict[str, Any], str, str]] = [
    # id, keyword arguments, a reply that follows it, one that does not
    (
        "change_case:capital_word_frequency",
        {"capital_frequency": 3, "capital_relation": AT_LEAST},
        "STOP and LOOK at the U.S.A",
        "STOP and Look at the SIGN",
    ),
    (
        "change_case:capital_word_frequency",
        {"capital_frequency": 2, "capital_relation": LESS},
        "WELL-KNOWN things",
        "DON'T go",
    ),
    ("change_case:english_capital", {}, ENGLISH.upper(), ENGLISH.upper() + " ok"),
    ("change_case:english_capital", {}, ENGLISH.upper(), "12345"),
    ("change_case:english_lowercase", {}, ENGLISH, ENGLISH.capitalize()),
    ("change_case:english_lowercase", {}, ENGLISH, GERMAN.lower()),
    ("combination:repeat_prompt", {"prompt_to_repeat": "When do you open? "}, "when do you open? At 9.", "At 9."),
    ("combination:two_responses", {}, "******\nOne.\n******\nTwo.", "One.\n******\nOne."),
    ("combination:two_responses", {}, "One.******Two.******", "One.******\n******Two."),
    ("combination:two_responses", {}, "One.******Two.", "One.******Two.******Three."),
    ("detectable_content:number_placeholders", {"num_placeholders": 2}, "[name] [town]", "[name] (town)"),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "Bye.\np. s. call me", "Bye. PS call me"),
    ("detectable_content:postscript", {"postscript_marker": "P.P.S"}, "P.P.S call me", "P.S. call me"),
    ("detectable_content:postscript", {"postscript_marker": "N.B."}, "n.b. closed", "nab closed"),
    ("detectable_format:constrained_response", {}, "Well: My answer is maybe. ", "My answer is perhaps."),
    ("detectable_format:json_format", {}, '```json\n{"a": 1}\n```', '{"a": 1'),
    ("detectable_format:json_format", {}, "12345", "[" * 99999),
    (
        "detectable_format:multiple_sections",
        {"section_spliter": "Section", "num_sections": 2},
        "Section 1\nHi\nSection 2\nBye",
        "SECTION 1\nHi\nSection 2\nBye",
    ),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "* one\n- two", "* one\n- two\n- three"),
    ("detectable_format:number_bullet_lists", {"num_bullets": 1}, "* one\n** bold **", "**bold**"),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 2}, "*a* and *b*", "*a* and * *"),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 1}, "**bold**", "** **"),
    ("detectable_format:title", {}, "<<Opening hours>>\nAt 9.", "<< >>\n<Opening hours>"),
    ("keywords:existence", {"keywords": ["dog", "C++"]}, "Dogs like c++.", "Dogs like C."),
    ("keywords:forbidden_words", {"forbidden_words": ["cheap", "sale"]}, "cheaper", "On SALE!"),
    ("keywords:frequency", {"keyword": "river ", "frequency": 2, "relation": AT_LEAST}, "River, rivers", "a river"),
    ("keywords:frequency", {"keyword": "river", "frequency": 2, "relation": LESS}, "a river", "rivers of rivers"),
    ("keywords:letter_frequency", {"letter": "N", "let_frequency": 2, "let_relation": AT_LEAST}, "No, none", "no"),
    ("keywords:letter_frequency", {"letter": "!", "let_frequency": 2, "let_relation": LESS}, "Go!", "Go!!"),
    ("language:response_language", {"language": "de"}, GERMAN, ENGLISH),
    ("language:response_language", {"language": "de"}, "12345", "I'm sorry, but I can't help with that."),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "Then"},
        'First.\n\n"then, we close.',
        "First.\n\nThereafter we close.",
    ),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 1, "nth_paragraph": 1, "first_word": "we"},
        "We open.\n\n ",
        "\n\nWe open.",
    ),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "b"},
        "a\n\nb",
        "a b",
    ),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "One.\n***\nTwo.\n***", "One.\n\nTwo."),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "One.***Two.", "One.\n***\n***\nTwo."),
    ("length_constraints:number_sentences", {"num_sentences": 2, "relation": LESS}, "Ask Dr. Lee.", "Ask. Now."),
    ("length_constraints:number_sentences", {"num_sentences": 2, "relation": AT_LEAST}, "Ask. Now!", "Ask Dr. Lee."),
    ("length_constraints:number_words", {"num_words": 3, "relation": AT_LEAST}, "don't go", "do go"),
    ("length_constraints:number_words", {"num_words": 3, "relation": LESS}, "do go", "don't go"),
    ("length_constraints:number_words", {"num_words": 3, "relation": LESS}, "हिन्दी भाषा", "हिन्दी भाषा है"),
    ("punctuation:no_comma", {}, "One、two;three", "One, two"),
    ("startend:end_checker", {"end_phrase": " Bye now."}, '"So long. BYE NOW."', "Bye now. Really."),
    ("startend:quotation", {}, ' "All of it." ', '"Not all" of it.'),
    ("startend:quotation", {}, '""', '"'),
]


def test_there_are_25_instructions_in_9_families_and_every_one_is_tried() -> None:
    assert len(INSTRUCTIONS) == 25
    assert len({instruction.family for instruction in INSTRUCTIONS.values()}) == 9
    assert {name for name, *_ in CASES} == set(INSTRUCTIONS)


@pytest.mark.parametrize(("name", "kwargs", "reply"), [(name, kwargs, good) for name, kwargs, good, _ in CASES])
def test_a_reply_that_follows_an_instruction_holds(name: str, kwargs: dict[str, Any], reply: str) -> None:
    holds, observed = INSTRUCTIONS[name].inspect(reply, kwargs)
    assert holds, observed


@pytest.mark.parametrize(("name", "kwargs", "reply"), [(name, kwargs, bad) for name, kwargs, _, bad in CASES])
def test_a_reply_that_just_misses_does_not(name: str, kwargs: dict[str, Any], reply: str) -> None:
    holds, observed = INSTRUCTIONS[name].inspect(reply, kwargs)
    assert not holds, observed


@pytest.mark.parametrize(("name", "kwargs"), [(name, kwargs) for name, kwargs, *_ in CASES])
def test_an_instruction_takes_just_the_arguments_it_names(name: str, kwargs: dict[str, Any]) -> None:
    assert set(INSTRUCTIONS[name].kwargs) == set(kwargs)


@pytest.mark.parametrize(
    ("name", "kwargs", "reply", "observed"),
    [
        ("change_case:english_lowercase", {}, "we open At 9", "'At' is not lowercase"),
        ("change_case:english_capital", {}, "12345", "the reply has no letter"),
        ("keywords:existence", {"keywords": ["dog", "cat"]}, "a cat", "'dog' missing"),
        ("length_constraints:number_words", {"num_words": 3, "relation": AT_LEAST}, "do go", "2 words"),
        ("punctuation:no_comma", {}, "One, two", "comma in 'One,'"),
        ("startend:end_checker", {"end_phrase": "Bye."}, "So long.", "it ends with 'ong.'"),
    ],
)
def test_the_check_states_its_observation(name: str, kwargs: dict[str, Any], reply: str, observed: str) -> None:
    assert INSTRUCTIONS[name].inspect(reply, kwargs) == (False, observed)
