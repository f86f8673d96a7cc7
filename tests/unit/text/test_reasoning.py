"""Thinking is told apart from the answer, and words about its tags are left alone."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.text.reasoning import Spoken, split_reasoning

REPLIES: list[tuple[str, str, str]] = [
    ('<think>\nI write "</think>" last.\n</think>\nYes', 'I write "</think>" last.', "Yes"),
    ('Write "<think>" and then “</think>”.', "", 'Write "<think>" and then “</think>”.'),
    ("assistant<|channel|>analysis<|message|>a<|end|>assistant<|channel|>final<|message|>Yes", "a", "Yes"),
    ("Answer: 4\n\n<think>was that right? yes</think>", "was that right? yes", "Answer: 4"),
    ("<seed:think>x</seed:think>Yes", "x", "Yes"),
    ("<think></think>Yes", "", "Yes"),
    ("Hello", "", "Hello"),
    ("  Hello\n", "", "  Hello\n"),
    ("<think>\nhm\n</think>\n\nYes", "hm", "Yes"),
    ("<thinking>a b</thinking>Yes", "a b", "Yes"),
    ("[THINK]x[/THINK]Yes", "x", "Yes"),
    ("<think>hm", "hm", ""),
    ("hm so\n</think>\n\nYes", "hm so", "Yes"),
    ("hm so.</think>Yes", "hm so.", "Yes"),
    ("Use `<think>` and `</think>` tags.", "", "Use `<think>` and `</think>` tags."),
    ("The tags <think> and </think> enclose it.", "", "The tags <think> and </think> enclose it."),
    ("Write </think> at the end.", "", "Write </think> at the end."),
    ("<think>a <think>b</think> c</think>Yes", "a <think>b</think> c", "Yes"),
    ("<think>the <think> tag</think>Yes", "the <think> tag", "Yes"),
    ("```\n<think>\nx\n</think>\n```", "", "```\n<think>\nx\n</think>\n```"),
    ("<think>\n\n</think>\n\nYes", "", "Yes"),
    ("</think>\n\nYes", "", "Yes"),
    ("<think>use ``` here\n```\ncode\n</think>\n```py\nx\n```", "use ``` here\n```\ncode", "```py\nx\n```"),
    ("<think>a\n</think>\nOne\n<think>\nb\n</think>\nTwo", "a\nb", "One\n\nTwo"),
    ("Sure. <think>one two three</think> Yes", "one two three", "Sure.  Yes"),
    ("<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>Yes<|return|>", "hm", "Yes"),
    ("<|channel|>analysis<|message|>hm", "hm", ""),
    ("analysisThe userassistantfinalYes", "The user", "Yes"),
    ("<|START_THINKING|>a<|END_THINKING|>Yes", "a", "Yes"),
    ("◁think▷a◁/think▷Yes", "a", "Yes"),
    ("<THINK>a</THINK>Yes", "a", "Yes"),
    ("I think <b>so</b>", "", "I think <b>so</b>"),
    ('Write "<think>" first, then "</think>" last.', "", 'Write "<think>" first, then "</think>" last.'),
    ("<think>hm</think>", "hm", ""),
    ("<think>I say `</think>` now\n</think>\nYes", "I say `</think>` now", "Yes"),
    ("<think> and </think> are tags.", "", "<think> and </think> are tags."),
    ("<|channel>thought\nhm<channel|>Yes", "hm", "Yes"),
    ("\ufeff<think>a</think>Yes", "a", "Yes"),
    ("<think>a</think>\r\n\r\nYes", "a", "Yes"),
    (
        '<|channel|>commentary to=functions.f <|constrain|>json<|message|>{"a":1}<|call|>',
        "",
        '<|channel|>commentary to=functions.f <|constrain|>json<|message|>{"a":1}<|call|>',
    ),
]


@pytest.mark.parametrize(("reply", "thinking", "answer"), REPLIES)
def test_a_reply_is_split_into_thinking_and_answer(reply: str, thinking: str, answer: str) -> None:
    assert split_reasoning(reply) == Spoken(thinking, answer)


@pytest.mark.parametrize(
    "reply", ["<think>so", "<think>so</think>", "<think>so</think>\n \n", "[THINK]so", "so\n</think>"]
)
def test_thinking_alone_is_no_answer(reply: str) -> None:
    assert split_reasoning(reply).is_unanswered


@pytest.mark.parametrize("reply", ["", " ", "Yes", "<think>so</think>Yes", "<think></think>"])
def test_a_reply_with_an_answer_or_without_thinking_is_not_unanswered(reply: str) -> None:
    assert not split_reasoning(reply).is_unanswered


@given(st.text().filter(lambda text: not set("<[◁") & set(text) and "analysis" not in text))
def test_a_reply_without_tags_is_its_answer_unchanged(text: str) -> None:
    assert split_reasoning(text) == Spoken("", text)


WORDS = st.from_regex(r"[A-Za-z]{4,8}( [A-Za-z]{4,8}){0,5}", fullmatch=True)
PAIRS = (("<think>", "</think>"), ("<thinking>", "</thinking>"), ("[THINK]", "[/THINK]"), ("◁think▷", "◁/think▷"))


@given(st.sampled_from(PAIRS), WORDS, WORDS, st.sampled_from(["", "\n", "\n\n", "\r\n"]))
def test_thinking_between_tags_is_never_in_the_answer(
    pair: tuple[str, str], thought: str, answer: str, gap: str
) -> None:
    opening, closing = pair
    assert split_reasoning(f"{opening}{gap}{thought}{gap}{closing}{gap}{answer}") == Spoken(thought, answer)
    assert split_reasoning(f"{thought}\n{closing}{gap}{answer}") == Spoken(thought, answer)


@given(st.text(alphabet="<>/think[]THINK`\n a"))
def test_any_muddle_of_tags_can_be_split(text: str) -> None:
    spoken = split_reasoning(text)
    assert isinstance(spoken.answer, str) and len(spoken.answer) <= len(text)


@pytest.mark.parametrize(
    "piece", ["<think>", "a <think>", "</think>", "a </think> b", "<|channel|>final", "```\n", " ```", "`a"]
)
def test_a_long_row_of_tags_is_split_in_time(piece: str) -> None:
    start = time.process_time()
    split_reasoning((piece * 64_000)[:64_000] + "<think>")
    assert time.process_time() - start < 10
