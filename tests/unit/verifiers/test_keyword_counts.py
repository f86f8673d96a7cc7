"""keyword_counts and forbidden_words."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.verifiers.keyword_counts import count_keyword
from pytest_kvguard.verifiers.table import rule, verify


@pytest.mark.parametrize(
    ("text", "word", "count"),
    [
        ("The river, the River.", "river", 2),
        ("rivers and riverbed", "river", 0),
        ("driver", "river", 0),
        ("river-bed", "river", 1),
        ("c++ and C++", "c++", 2),
        ("New York, new york", "New York", 2),
        ("Река течёт. река", "река", 2),
        ("我喜欢河流和河流", "河流", 2),
        ("हिन्दी हिन्द", "हिन्द", 1),
        ("_river_ and **river**", "river", 2),
        ("Hello! Hi!!", "!", 3),
        ("a — b, c—d", "—", 2),
        ("hi 😊, bye😊", "😊", 2),
        ("👨‍👩‍👧 only", "👨", 0),
        ("❤ and ❤️", "❤️", 2),
        (":) :-) :)", ":)", 2),
        ("it costs $5 or $ 6", "$", 2),
        ("mail me @home", "@", 1),
        ("**bold**", "**", 2),
        ("我是AI助手，AI很好", "AI", 2),
        ("助手AI", "助手", 1),
        ("パンダとパン", "パン", 1),
        ("할인은 없어요. 대할인", "할인", 1),
        ("New\u00a0York, New\n York", "New York", 2),
        ("You can’t", "can't", 1),
        ("You can't", "can", 0),
        ("سَلَام عليكم", "سلام", 1),
        ("שָׁלוֹם", "שלום", 1),
        ("سلام", "سَلَام", 0),
        ("I like C++", "C", 0),
        ("room 13, 1300, 13.5", "13", 1),
        ("", "river", 0),
    ],
)
def test_whole_words_are_counted_in_any_case_and_script(text: str, word: str, count: int) -> None:
    assert count_keyword(text, word) == count


def test_composed_and_decomposed_letters_are_the_same() -> None:
    assert count_keyword(unicodedata.normalize("NFD", "un café"), unicodedata.normalize("NFC", "café")) == 1


@pytest.mark.parametrize(
    ("value", "holds"),
    [
        ({"river": 2}, True),
        ({"river": 1}, False),
        ({"river": {"min": 1}, "lake": 1}, True),
        ({"river": {"min": 1}, "lake": 2}, False),
        ({"sea": 0}, True),
        ({"river": {"max": 1}}, False),
    ],
)
def test_every_word_must_have_its_count(value: dict[str, object], holds: bool) -> None:
    assert verify("keyword_counts", value, "A river, a lake, a river.").holds is holds


def test_the_check_lists_required_and_observed_counts() -> None:
    check = verify("keyword_counts", {"river": 2, "lake": {"min": 1}}, "a river")
    assert check.expected == "'river' exactly 2 times, 'lake' at least 1 times"
    assert check.observed == "'river' 1 times, 'lake' 0 times"


def test_impossible_bounds_are_a_problem() -> None:
    problem = rule("keyword_counts").problem
    assert problem({"river": 1, "lake": {"min": 2, "max": 1}}) == "min 2 is above max 1. Swap them."
    assert problem({"river": 1}) is None


def test_a_blank_reply_does_not_even_avoid_words() -> None:
    assert not verify("keyword_counts", {"river": 0}, " ").holds


@given(st.integers(0, 8), st.sampled_from(["river", "c++", "état", "河", "don't"]))
def test_repeated_words_are_counted_back(count: int, word: str) -> None:
    assert count_keyword(" and ".join([word] * count), word) == count


@pytest.mark.parametrize(
    ("words", "reply", "holds"),
    [
        ("cheap", "A cheaper tent", True),
        ("cheap", "Cheap!", False),
        (["sale", "cheap"], "nothing of the kind", True),
        (["sale", "cheap"], "On SALE", False),
        ("!", "Hello!", False),
        ("AI", "我是AI助手", False),
        ("—", "We open — now", False),
        ("gate", "We navigate", True),
        ("gate", "The gate.", False),
    ],
)
def test_a_forbidden_word_counts_as_a_whole_word_in_any_case(words: object, reply: str, holds: bool) -> None:
    assert verify("forbidden_words", words, reply).holds is holds


def test_the_forbidden_words_in_the_reply_are_named() -> None:
    check = verify("forbidden_words", ["sale", "cheap", "free"], "Free, and cheap")
    assert check.expected == "none of the words 'sale', 'cheap', 'free'"
    assert check.observed == "'cheap', 'free' in the reply"
