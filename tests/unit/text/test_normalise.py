"""Texts that look equal share one normal form; texts that do not, do not."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.text.normalise import canonical, comparison_form, normalise

EQUAL_LOOKING = [
    ("20\u00a0€", "20 €"),
    ("1\u202f250 kg", "1 250 kg"),
    ("a\u3000b\u2009c", "a b c"),
    ("it’s “fine”", 'it\'s "fine"'),
    ("„Ja“, ‚nein‘", "\"Ja\", 'nein'"),
    ("5′ 10″", "5' 10\""),
    ("I´m", "I'm"),
    ("9–17, well‑known, −5", "9-17, well-known, -5"),
    ("yes—no", "yes-no"),
    ("cafe\u0301", "café"),
    ("\u1112\u1161\u11ab", "한"),
    ("９：３０！", "9:30!"),
    ("ＡＴＬＡＳ", "ATLAS"),
    ("ｶﾞ", "ガ"),
    ("ﬁne oﬃce", "fine office"),
    ("𝐀𝘁𝓵𝔞𝕤 𝟟", "Atlas 7"),
    ("5 µm", "5 μm"),
    ("20 ℃", "20 °C"),
    ("Ⅳ", "IV"),
    ("wait…", "wait..."),
    ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
    ("Donau\u00addampf\u200bschiff\u2060\ufeff", "Donaudampfschiff"),
    ("\u200eשלום\u200f", "שלום"),
    ("مرحـــبا", "مرحبا"),
    ("ﻣﺮﺣﺒﺎ", "مرحبا"),
    ("צה״ל", 'צה"ל'),
    ("❤️", "❤"),
    ("9∶30 1⁄2", "9:30 1/2"),
]
DIFFERENT = [
    ("x²", "x2"),
    ("H₂O", "H2O"),
    ("①", "1"),
    ("½", "1/2"),
    ("Ja", "ja"),
    ("a b", "a  b"),
    ("a\tb", "a b"),
    ("«ja»", '"ja"'),
    ("straße", "strasse"),
    ("cafe", "café"),
    ("pаypal", "paypal"),
    ("ℝ", "R"),
    ("ー", "-"),
    ("`x`", "'x'"),
    ("👩\u200d💻", "👩💻"),
    ("ㅎㅏ", "하"),
]


@pytest.mark.parametrize(("text", "plain"), EQUAL_LOOKING)
def test_texts_that_look_equal_have_one_form(text: str, plain: str) -> None:
    assert normalise(text) == normalise(plain) == unicodedata.normalize("NFC", plain)


@pytest.mark.parametrize(("text", "other"), DIFFERENT)
def test_texts_that_look_different_keep_different_forms(text: str, other: str) -> None:
    assert normalise(text) != normalise(other)


def test_the_form_of_every_characters_form_is_the_form_itself() -> None:
    # Beyond these planes there are no compatibility characters.
    for point in (*range(0xD800), *range(0xE000, 0x20000)):
        form = normalise.__wrapped__(chr(point))
        assert normalise.__wrapped__(form) == form, hex(point)


NOTABLE = st.sampled_from(
    "aeﬁſ1²½…‘“′—\u0301\u0345\u034f\u200b\u200d\ufe0f\r\n\u2028\u00a0\u1112\u1161ｶﾞ´;`👩💻🏴\U000e0067\U000e007f"
)


@given(st.one_of(st.text(), st.text(NOTABLE)))
def test_the_form_of_a_form_is_the_form_itself(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.one_of(st.text(), st.text(NOTABLE)))
def test_canonically_equal_texts_have_one_form(text: str) -> None:
    assert normalise(unicodedata.normalize("NFD", text)) == normalise(unicodedata.normalize("NFC", text))


@given(st.text(st.characters(codec="ascii", exclude_characters="\r\v\f")))
def test_plain_text_is_its_own_form(text: str) -> None:
    assert normalise(text) == canonical(text) == text


def test_a_flag_of_a_region_keeps_its_letters_and_smuggled_ones_vanish() -> None:
    flag = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
    assert normalise(flag) == flag
    assert normalise("hi\U000e0068\U000e0069") == "hi"


@pytest.mark.parametrize("sign", ["—", "„", "’", "\u00a0", "\u200b", " – ", "−"])
def test_a_sign_alone_asks_for_this_very_sign(sign: str) -> None:
    form = comparison_form(sign)
    assert form(sign) not in form('it\'s "well-known" - so')
    assert form(sign) in form(f"a{sign}b")


@pytest.mark.parametrize(
    ("sign", "reply"), [("'", "it’s"), ("-", "9–17"), ("!", "你好！"), ("！", "Hi!"), ("…", "so..."), ("❤️", "❤")]
)
def test_a_plain_sign_alone_stands_for_all_that_look_like_it(sign: str, reply: str) -> None:
    form = comparison_form(sign)
    assert form(sign) in form(reply)


def test_exact_comparison_changes_nothing_but_case_where_asked() -> None:
    assert comparison_form("a", exact=True)("Ａ\u00a0’") == "Ａ\u00a0’"
    assert comparison_form("a", exact=True, ignore_case=True)("A\u00a0’") == "a\u00a0’"
    assert comparison_form("a", ignore_case=True)("Ａ\u00a0’") == "a '"
