"""no_comma."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.verifiers.punctuation import COMMAS
from pytest_kvguard.verifiers.table import verify


@pytest.mark.parametrize("reply", ["No such mark here.", "one; two: three", "a ' b", "12345"])
def test_a_reply_without_commas_obeys(reply: str) -> None:
    check = verify("no_comma", True, reply)
    assert check.holds
    assert check.observed == "no comma"


@pytest.mark.parametrize("reply", ["yes, sure", "1,000", "是，好", "一、二", "نعم، حسنا", "a﹐b", "x､y"])
def test_commas_of_any_script_count(reply: str) -> None:
    assert not verify("no_comma", True, reply).holds


def test_every_mark_that_unicode_names_a_comma_counts() -> None:
    named = {c for c in map(chr, range(0x110000)) if "COMMA" in unicodedata.name(c, "").split()}
    marks = {c for c in named if unicodedata.category(c) == "Po"}
    assert len(marks) > 20
    assert marks == set(COMMAS)


def test_the_word_with_the_comma_is_shown() -> None:
    check = verify("no_comma", True, "we open, then close")
    assert (check.expected, check.observed) == ("no comma", "comma in 'open,'")


def test_a_blank_reply_does_not_obey() -> None:
    assert verify("no_comma", True, "").observed == "the reply is blank"


@given(st.text(alphabet="abc ."), st.text(alphabet="abc ."))
def test_one_comma_anywhere_is_enough_to_fail(before: str, after: str) -> None:
    assert not verify("no_comma", True, f"{before},{after}").holds
    assert verify("no_comma", True, f"{before}x{after}").holds
