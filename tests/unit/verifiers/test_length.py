"""How long a reply is: words, sentences, paragraphs, questions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.verifiers.length import count_sentences, count_words
from pytest_kvguard.verifiers.table import verify


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("one two three", 3),
        ("don't worry", 2),
        ("don’t worry", 2),
        ("a state-of-the-art shop", 3),
        ("9.30 am", 2),
        ("- a bullet -- with dashes", 4),
        ("हिन्दी भाषा", 2),
        ("你好", 1),
        ("…", 0),
        ("", 0),
    ],
)
def test_words_are_counted_as_people_count_them(text: str, words: int) -> None:
    assert count_words(text) == words


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three?", 3),
        ("No end", 1),
        ("It opens at 9.30 sharp.", 1),
        ("Really?! Yes.", 2),
        ("Wait... what?", 2),
        ('He said "Go." Then he left.', 2),
        ("A title\n\nA sentence.", 2),
        ("- one\n- two", 2),
        ("你好。再见！", 2),
        ("「你好。」他说。", 2),
        ("यह एक है। यह दो है।", 2),
        ("हाँ? 12.", 2),
        ("lower case. still two.", 2),
        ("...", 0),
        ("", 0),
    ],
)
def test_sentences_end_at_stops_and_line_breaks(text: str, sentences: int) -> None:
    assert count_sentences(text) == sentences


@pytest.mark.parametrize(
    ("name", "value", "holds"),
    [
        ("min_words", 4, True),
        ("min_words", 5, False),
        ("max_words", 4, True),
        ("max_words", 3, False),
        ("min_sentences", 2, True),
        ("min_sentences", 3, False),
        ("max_sentences", 2, True),
        ("max_sentences", 1, False),
    ],
)
def test_bounds_are_inclusive(name: str, value: int, holds: bool) -> None:
    assert verify(name, value, "We are open. Come!").holds is holds


@pytest.mark.parametrize(
    ("name", "value", "reply", "holds"),
    [
        ("paragraphs", 2, "One.\nStill one.\n \nTwo.\n\n", True),
        ("paragraphs", {"max": 1}, "One.\n\nTwo.", False),
        ("questions", 1, "We open at nine. Will you come?", True),
        ("questions", 1, 'He asked: "Why?"', True),
        ("questions", 1, "Who? Why?", False),
        ("questions", 1, "你好吗？很好。", True),
        ("questions", {"min": 1}, "We open at nine.", False),
        ("max_words_per_sentence", 3, "We open now. Come in!", True),
        ("max_words_per_sentence", 3, "We open. Come right on in!", False),
        ("max_words_per_sentence", 3, "...", True),
    ],
)
def test_paragraphs_questions_and_the_longest_sentence_are_counted(
    name: str, value: object, reply: str, holds: bool
) -> None:
    assert verify(name, value, reply).holds is holds


@pytest.mark.parametrize(
    ("name", "value", "reply", "holds"),
    [
        ("max_words", 2, "我是AI助手", False),
        ("max_words", 3, "我是AI助手", True),
        ("min_words", 3, "ภาษาไทยง่าย", True),
        ("max_words", 2, "Bis 15:30 https://example.com/a-b?c=d offen", False),
        ("max_words", 4, "Bis 15:30 https://example.com/a-b?c=d offen", True),
        ("max_sentences", 1, "1. Open.", True),
        ("max_sentences", 1, "Wir öffnen am 3. Mai.", True),
        ("max_sentences", 1, "我们九点开门。欢迎！", False),
        ("max_words_per_sentence", 4, "我们九点开门。我们欢迎您来我们这里。", False),
        ("paragraphs", 2, "One.\r\n\r\nTwo.", True),
        ("paragraphs", 2, "One.\u2029Two.", True),
        ("questions", 1, "Really?!", True),
        ("questions", 0, "See https://example.com/?a=b now.", True),
        ("max_characters", 7, "我是AI助手。", True),
        ("max_characters", 6, "我是AI助手。", False),
        ("max_characters", 1, " 👨‍👩‍👧\n", True),
        ("min_characters", 3, "a b", True),
        ("min_characters", 3, " ab ", False),
        ("max_lines", 2, "One.\r\n\r\nTwo.", True),
        ("max_lines", 1, "One.\u2028Two.", False),
    ],
)
def test_lengths_are_counted_in_any_script(name: str, value: int, reply: str, holds: bool) -> None:
    assert verify(name, value, reply).holds is holds


def test_the_check_gives_both_numbers() -> None:
    check = verify("max_words", 2, "far too many words")
    assert (check.expected, check.observed) == ("at most 2 words", "4 words")
    check = verify("min_sentences", 2, "Only one.")
    assert (check.expected, check.observed) == ("at least 2 sentences", "1 sentences")


@pytest.mark.parametrize("name", ["min_words", "max_words", "max_characters", "max_lines", "max_sentences"])
def test_a_blank_reply_keeps_no_bound_not_even_an_upper_one(name: str) -> None:
    check = verify(name, 1, "   ")
    assert not check.holds
    assert check.observed == "the reply is blank"


@given(st.lists(st.text(alphabet="abcdefgh", min_size=1), min_size=1, max_size=20))
def test_words_joined_by_spaces_are_counted_back(words: list[str]) -> None:
    text = " ".join(words)
    assert count_words(text) == len(words)
    assert verify("min_words", len(words), text).holds
    assert verify("max_words", len(words), text).holds
    assert not verify("min_words", len(words) + 1, text).holds


@given(st.lists(st.sampled_from(["Yes.", "Why not?", "Go!", "It costs 9.50."]), min_size=1, max_size=10))
def test_sentences_joined_by_spaces_are_counted_back(sentences: list[str]) -> None:
    assert count_sentences(" ".join(sentences)) == len(sentences)


@given(st.text())
def test_counting_takes_any_text(text: str) -> None:
    assert count_words(text) >= 0
    assert 0 <= count_sentences(text) <= max(count_words(text), 0)
