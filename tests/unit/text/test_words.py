"""The words of texts in many scripts."""

from __future__ import annotations

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_kvguard.text.words import word_spans, words

WORDS = {
    "We open at nine.": ["We", "open", "at", "nine"],
    "don't don’t we're": ["don't", "don’t", "we're"],
    "l'eau d'été aujourd’hui": ["l'eau", "d'été", "aujourd’hui"],
    "e-mail, state-of-the-art": ["e-mail", "state-of-the-art"],
    "9:30 15:30 9.30 9–17 12/05/2026": ["9:30", "15:30", "9.30", "9–17", "12/05/2026"],
    "1,250.50 € 10°C 5%": ["1,250.50", "10°C", "5"],
    "and/or AT&T 24/7 foo_bar": ["and/or", "AT&T", "24/7", "foo_bar"],
    "C++ and C# C++-like": ["C++", "and", "C#", "C++-like"],
    "see https://example.com/a?x=1, ok": ["see", "https://example.com/a?x=1", "ok"],
    "[here](https://example.com/a_(b)) now": ["here", "https://example.com/a_(b)", "now"],
    "example.com/a?x=1 www.example.com! me@example.com": ["example.com/a?x=1", "www.example.com", "me@example.com"],
    "one,two;three—four...five": ["one", "two", "three", "four", "five"],
    "- a bullet -- with dashes": ["a", "bullet", "with", "dashes"],
    "**bold** __init__ (x)": ["bold", "init__", "x"],
    "": [],
    "… — 😊 🇩🇪 1️⃣ € !": [],
    "½ cup x²": ["½", "cup", "x²"],
    "Москва — столица": ["Москва", "столица"],
    "Ελλάδα, σίσυφος": ["Ελλάδα", "σίσυφος"],
    "مرحبا بك في المتجر": ["مرحبا", "بك", "في", "المتجر"],
    "می\u200cخواهم بروم": ["می\u200cخواهم", "بروم"],
    'שלום ארה"ב': ["שלום", 'ארה"ב'],
    "हिन्दी भाषा": ["हिन्दी", "भाषा"],
    "বাংলা ভাষা": ["বাংলা", "ভাষা"],
    "한국어를 공부합니다": ["한국어를", "공부합니다"],
    "我是AI助手": ["我是", "AI", "助手"],
    "我有3个苹果，很好。": ["我有", "3", "个", "苹果", "很好"],
    "访问https://example.cn/b吧": ["访问", "https://example.cn/b", "吧"],
    "日本語を勉強します": ["日本語", "を", "勉強", "し", "ます"],
    "カメラとパンダ": ["カメラ", "と", "パンダ"],
    "ภาษาไทยง่าย": ["ภาษา", "ไทย", "ง่าย"],
    "ຂ້ອຍຮັກເຈົ້າ": ["ຂ້ອຍ", "ຮັກ", "ເຈົ້າ"],
    "ខ្ញុំស្រឡាញ់": ["ខ្ញុំ", "ស្រឡាញ់"],
    "e\u0301te\u0301 co\u00adop": ["e\u0301te\u0301", "co\u00adop"],
    "a\ud800b 😀x": ["a", "b", "x"],
    "nine.We Node.js U.S.": ["nine", "We", "Node.js", "U.S"],
    "Note:this ten.": ["Note", "this", "ten"],
}
"""Texts, and the words a reader counts in them."""


@pytest.mark.parametrize("text", WORDS, ids=ascii)
def test_words_are_those_a_reader_counts(text: str) -> None:
    assert words(text) == WORDS[text]


@given(st.text() | st.text(alphabet="aB1 -_.:/@'我パก한😀\u0301\ud800e+#"))
def test_words_are_in_order_and_leave_no_letter_out(text: str) -> None:
    spans = word_spans(text)
    inside = {place for start, end in spans for place in range(start, end)}
    assert sum(end - start for start, end in spans) == len(inside)
    assert spans == sorted(spans)
    kept = [place for place, character in enumerate(text) if character.isalpha() and place not in inside]
    assert not kept


@example("㋐ and ア㋐パン: a circled sign is of a script without spaces, but no letter")
@given(st.text() | st.text(alphabet="aB1 \n\t\u00a0\u3000-_.:/我パก"))
def test_a_word_has_a_letter_or_digit_and_no_whitespace(text: str) -> None:
    for word in words(text):
        assert regex.search(r"[\p{L}\p{N}]", word)
        assert not any(map(str.isspace, word))


SPACED = {
    "English": ["we", "don't", "open", "e-mail", "15:30"],
    "German": ["Öffnungszeit", "für", "20", "Straße"],
    "Vietnamese": ["xin", "chào", "bạn"],
    "Russian": ["магазин", "открыт", "что-то"],
    "Greek": ["κατάστημα", "είναι"],
    "Arabic": ["متجر", "مفتوح", "٢٠"],
    "Hebrew": ["חנות", 'צה"ל'],
    "Hindi": ["दुकान", "खुली", "है"],
    "Tamil": ["கடை", "திறந்துள்ளது"],
    "Korean": ["가게가", "열려", "있어요"],
    "Georgian": ["მაღაზია", "ღიაა"],
    "Amharic": ["ሱቁ", "ክፍት"],
}


@given(st.data(), st.sampled_from(sorted(SPACED)), st.sampled_from([" ", "\n", ", ", " — ", "\u00a0", " 😀 "]))
def test_words_between_spaces_are_found_again(data: st.DataObject, language: str, gap: str) -> None:
    chosen = data.draw(st.lists(st.sampled_from(SPACED[language]), max_size=12))
    assert words(gap.join(chosen)) == chosen


@given(st.data(), st.sampled_from(["我们九点开门", "店は九時に開きます", "ร้านเปิดเก้าโมง", "ហាងបើកម៉ោងប្រាំបួន"]))
def test_words_without_spaces_join_up_to_their_text(data: st.DataObject, text: str) -> None:
    times = data.draw(st.integers(1, 5))
    assert "".join(words(text * times)) == text * times
    assert len(words(text)) > 1
