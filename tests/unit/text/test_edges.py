"""Where a value stands alone in a text, and where it is part of something longer."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pytest_kvguard.text.edges import occurrences, stands_alone

OCCURRENCES = [
    ("커피에서도 마셔요", "커피", 1),
    ("커피는요 커피요", "커피", 2),
    ("커피숍", "커피", 0),
    ("한국어", "한국", 0),
    ("개인 정보", "개", 0),
    ("개가 있어요", "개", 1),
    ("학생입니다", "학생", 1),
    ("추천되었습니다", "추천", 1),
    ("$50 US$5", "$5", 1),
    ("15%", "5%", 0),
    ("<3 you", "<3", 1),
    ("👨‍👩‍👧‍👦", "👨‍👩‍👧", 0),
    ("🙂🙂", "🙂", 2),
    ("İSTANBUL", "istanbul", 1),
    ("Hello!", "!", 1),
    ("我是AI助手", "AI", 1),
    ("navigate", "gate", 0),
    ("助手AI", "助手", 1),
    ("a 😊 b😊", "😊", 2),
    (":) hi :)", ":)", 2),
    ("a—b", "—", 1),
    ("$5 @x **b**", "$", 1),
    ("**b**", "**", 2),
    ("_river_", "river", 1),
    ("river_bed", "river", 0),
    ("rivers", "river", 0),
    ("river-bed", "river", 1),
    ("C++ c++", "c++", 2),
    ("C++", "C", 0),
    ("I like C.", "C", 1),
    ("can't", "can", 0),
    ("can", "can", 1),
    ("'can'", "can", 1),
    ("New\n York", "New York", 1),
    ("हिन्दी हिन्द", "हिन्द", 1),
    ("👨\u200d👩\u200d👧", "👨", 0),
    ("👍🏽", "👍", 0),
    ("❤️", "❤", 1),
    ("❤", "❤️", 0),
    ("🇩🇪🇫🇷", "🇫🇷", 1),
    ("🇦🇩🇪🇺", "🇩🇪", 0),
    ("1,100", "100", 0),
    ("3.5", "3", 0),
    ("9, 5", "5", 1),
    ("It is 5.", "5", 1),
    ("15:30", "30", 0),
    ("할인은 없어요", "할인", 1),
    ("서울대학교", "서울", 0),
    ("추천합니다", "추천", 1),
    ("사과나무", "사과", 0),
    ("AI는", "AI", 1),
    ("AI입니다", "AI", 1),
    ("대할인", "할인", 0),
    ("パンダ", "パン", 0),
    ("パンを", "パン", 1),
    ("デジタルカメラ", "カメラ", 1),
    ("食パン", "パン", 1),
    ("ภาษาไทยง่าย", "ไทย", 1),
    ("กิน", "ก", 0),
    ("Straße STRASSE", "strasse", 2),
    ("Σίσυφος ΣΊΣΥΦΟΣ", "σίσυφος", 2),
    ("l'eau", "eau", 1),
    ("ba a a", "a a", 1),
    ("5kg", "5", 0),
    ("AI2", "AI", 0),
    ("AI기술", "AI", 1),
    ("5개", "5", 1),
    ("AI기술", "기술", 1),
    ("삼성AI", "AI", 1),
    ("a+b", "a", 1),
    ("Übergate", "gate", 0),
    ("x\u200dy", "x", 0),
    ("مرحبا بك", "بك", 1),
    ("مرحبابك", "بك", 0),
    ("שלום", "שלו", 0),
    ("Москва", "моск", 0),
    ("é", "e", 0),
]
"""A text, a value, and how often the value stands alone in the text."""


@pytest.mark.parametrize(("text", "value", "count"), OCCURRENCES, ids=ascii)
def test_a_value_is_counted_where_it_is_whole(text: str, value: str, count: int) -> None:
    assert len(occurrences(text, value)) == count


SPACED = ["gate", "Öl", "дом", "σπίτι", "بيت", "בית", "घर", "வீடு", "სახლი", "ቤት", "5"]
UNSPACED = ["助手", "です", "ไทย", "ខ្មែរ", "ລາວ"]
SIGNS = ["!", "—", "😊", "👨‍👩‍👧", ":)", "$", "**", "…", "🇩🇪", "1️⃣"]


@given(st.sampled_from(SPACED + UNSPACED + SIGNS), st.sampled_from([" ", "\n", "(", ")", ", ", "我", "“", "。"]))
def test_a_value_is_whole_between_spaces_signs_and_unspaced_scripts(value: str, neighbour: str) -> None:
    assert len(occurrences(f"{neighbour}{value}{neighbour}", value)) == 1


@given(st.sampled_from(SPACED), st.sampled_from(["a", "Ö", "д", "σ", "ب", "ב", "घ", "7"]))
def test_a_word_is_not_whole_within_a_longer_one(value: str, letter: str) -> None:
    assert occurrences(letter + value, value) == occurrences(value + letter, value) == []


@given(st.sampled_from(SIGNS), st.sampled_from(["a", "д", "ب", "घ", "한", "我", "ก", "7"]))
def test_a_sign_is_whole_beside_any_letter(value: str, letter: str) -> None:
    assert len(occurrences(letter + value + letter, value)) == 1


@given(st.text(max_size=20), st.text(max_size=4))
def test_occurrences_are_in_order_apart_and_alone(text: str, value: str) -> None:
    spans = occurrences(text, value)
    assert all(stands_alone(text, start, end) for start, end in spans)
    assert all(end <= start for (_, end), (start, _) in zip(spans, spans[1:], strict=False))


@given(st.text(min_size=1, max_size=20))
def test_a_text_stands_alone_in_itself(text: str) -> None:
    assume(text.strip() == text)
    assert stands_alone(text, 0, len(text))
    assert occurrences(text, text)


def test_case_is_ignored_where_letters_fold_to_several() -> None:
    assert occurrences("STRASSE", "straße") == [(0, 7)]
