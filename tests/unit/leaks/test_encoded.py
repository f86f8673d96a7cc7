"""Readings of a reply: decoders that find text at any alignment and never fail."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.leaks.encoded import READINGS

PLAIN = st.text(alphabet="abcdefghijklmnopqrstuvwxyzäöü 0123456789-", min_size=4, max_size=30)


def test_the_readings_are_named_as_reports_show_them() -> None:
    assert list(READINGS) == ["reversed", "in rot13", "in hex", "in base64"]


def test_reading_backwards_and_rot13_undo_themselves() -> None:
    for name in ("reversed", "in rot13"):
        assert READINGS[name](READINGS[name]("The code is KX-4471.")) == "The code is KX-4471."


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
