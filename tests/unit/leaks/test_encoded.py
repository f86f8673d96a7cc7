"""Readings of a reply: decoders that find text at any alignment and never fail."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.leaks.encoded import DISGUISES, READINGS

PLAIN = st.text(alphabet="abcdefghijklmnopqrstuvwxyzäöü 0123456789-", min_size=4, max_size=30)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("in base32", "JNMC2NBUG4YQ===="),
        ("in HTML", "&#75;&#x58;&#45;<b>4</b>471"),
        ("percent-encoded", "%4B%58%2D%34%34%37%31"),
        ("in escapes", r"\u004b\x58\u{2d}U+0034 U+0034 U+0037 U+0031"),
        ("in decimal codes", "75, 88, 45, 52, 52, 55, 49"),
        ("in binary", "01001011 01011000 00101101 00110100 00110100 00110111 00110001"),
        ("in binary", "1001011 1011000 0101101 0110100 0110100 0110111 0110001"),
    ],
)
def test_character_codes_are_read(name: str, text: str) -> None:
    assert "KX-4471" in READINGS[name](f"It is {text} indeed")


def test_an_escaped_pair_of_surrogates_is_one_character() -> None:
    assert READINGS["in escapes"](r"\ud83d\ude00") == "\U0001f600"


def test_reading_backwards_and_rot13_undo_themselves() -> None:
    for undo in DISGUISES.values():
        assert undo(undo("The code is KX-4471.")) == "The code is KX-4471."


@given(PLAIN, st.sampled_from(["", "0x", "hex: "]), st.booleans())
def test_hex_is_read_back(text: str, before: str, capital: bool) -> None:
    digits = text.encode().hex(" ")
    assert text in READINGS["in hex"](before + (digits.upper() if capital else digits))


@given(PLAIN)
def test_hex_is_read_back_when_a_hex_letter_stands_before_it(text: str) -> None:
    assert text in READINGS["in hex"]("a " + text.encode().hex())


@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "It is: "])
@given(text=PLAIN)
def test_base64_is_read_back_at_every_alignment(before: str, text: str) -> None:
    code = base64.b64encode(text.encode()).decode()
    assert text in READINGS["in base64"](before + code)


@given(PLAIN)
def test_base64_is_read_back_without_padding_and_over_lines(text: str) -> None:
    code = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    wrapped = "\n".join(code[start : start + 7] for start in range(0, len(code), 7))
    assert text in READINGS["in base64"](wrapped)


def test_short_runs_of_hex_letters_are_words_and_not_code() -> None:
    assert READINGS["in hex"]("a bad cab") == READINGS["in hex"]("")


@given(st.sampled_from(list(READINGS)), st.text())
def test_any_reply_can_be_read(name: str, text: str) -> None:
    assert isinstance(READINGS[name](text), str)
