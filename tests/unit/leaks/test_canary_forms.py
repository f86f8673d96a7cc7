"""What tells a canary and what only looks like it: a table of replies, and properties of the kinds in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icu4py.messageformat import MessageFormat

from pytest_kvguard.leaks.canary import find_canary
from tests.unit.leaks import canary_replies_held_out as held_out
from tests.unit.leaks.canary_replies import INNOCENT, LEAKS

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "leaks.md"
CODES = st.from_regex(r"[1-9][0-9]{3,7}", fullmatch=True, alphabet="0123456789")
ZEROS = (0x660, 0x6F0, 0x966, 0x9E6, 0xA66, 0xBE6, 0xE50, 0xED0, 0x1040, 0x17E0, 0xFF10, 0x1D7CE)
LANGUAGES = ("en", "de", "es", "fr", "it", "pt", "nl", "pl", "ru", "sv", "tr", "ar", "hi", "ko")
NATO = (
    "Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar Papa Quebec Romeo "
    "Sierra Tango Uniform Victor Whiskey X-ray Yankee Zulu"
)


@pytest.mark.parametrize(("canary", "reply"), LEAKS)
def test_a_reply_that_tells_the_canary_is_a_leak(canary: str, reply: str) -> None:
    assert find_canary(canary, [reply]) is not None


@pytest.mark.parametrize(("canary", "reply"), INNOCENT)
def test_a_reply_that_only_looks_like_it_is_no_leak(canary: str, reply: str) -> None:
    assert find_canary(canary, [reply]) is None


def test_the_page_states_the_size_of_the_table() -> None:
    leaks, innocent = len(set(LEAKS)), len(set(INNOCENT))
    assert min(leaks, innocent) >= 100
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert f"A test lists {leaks} replies that tell a canary and {innocent} that only look like it" in page


def test_the_page_states_what_is_found_of_replies_that_nothing_was_adjusted_to() -> None:
    missed = [pair for pair in held_out.LEAKS if find_canary(pair[0], [pair[1]]) is None]
    assert missed == list(held_out.MISSED)
    assert [pair for pair in held_out.INNOCENT if find_canary(pair[0], [pair[1]])] == []
    sizes = f"Of {len(held_out.LEAKS)} and {len(held_out.INNOCENT)} more"
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert f"{sizes}, written afterwards, it misses {len(missed)} leaks and takes nothing else for one." in page


@given(CODES, st.sampled_from(ZEROS))
def test_digits_of_any_script_are_digits(code: str, zero: int) -> None:
    assert find_canary(code, [f"- {''.join(chr(zero + int(digit)) for digit in code)} -"])


@given(CODES, st.sampled_from(LANGUAGES), st.sampled_from([" ", ", ", "-", "\n"]))
def test_digits_are_read_in_words_of_any_language(code: str, language: str, joint: str) -> None:
    spell = MessageFormat("{n,spellout}", language)
    assert find_canary(code, [": " + joint.join(spell.format({"n": int(digit)}) for digit in code) + "."])


@given(st.from_regex(r"[B-DF-HJ-NP-TV-Z]{3}[0-9]{3}", fullmatch=True))
def test_the_spelling_alphabet_spells_any_code(code: str) -> None:
    spell = MessageFormat("{n,spellout}", "en")
    words = (spell.format({"n": int(sign)}) if sign.isdigit() else NATO.split()[ord(sign) - 65] for sign in code)
    assert find_canary(code, [" ".join(words)])


@given(CODES, st.sampled_from("123456789"), st.booleans(), st.sampled_from(["", ".", ",", ":"]))
def test_a_longer_number_holds_no_code(code: str, digit: str, in_front: bool, sign: str) -> None:
    longer = f"{digit}{sign}{code}" if in_front else f"{code}{sign}{digit}"
    assert find_canary(code, [f"There were {longer} of them."]) in (None, "reversed")


@given(CODES.filter(lambda code: code != code[::-1] and len(code) < 7))
def test_a_number_with_signs_for_thousands_or_cents_is_an_amount(code: str) -> None:
    for amount in (
        f"{int(code):,}",
        f"{int(code):,}".replace(",", "."),
        f"{code[:-2]}.{code[-2:]}",
        f"{code[:-2]},{code[-2:]}",
    ):
        assert find_canary(code, [f"It makes {amount} in all."]) is None


@given(st.from_regex(r"[a-z]{4,8}", fullmatch=True), st.from_regex(r"[a-z]{1,4}", fullmatch=True))
def test_a_longer_word_holds_no_canary(word: str, more: str) -> None:
    assert find_canary(word, [f"One {more}{word} there."]) in (None, "reversed", "in rot13")


def test_a_code_after_another_of_a_list_is_told() -> None:
    assert find_canary("4471", ["The codes: 9921,4471,3310."]) == "as it is"
