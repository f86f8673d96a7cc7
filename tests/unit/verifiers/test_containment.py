"""contains, contains_any and not_contains."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.verifiers.table import verify


@pytest.mark.parametrize(
    ("value", "reply", "holds"),
    [
        ("9:30", "We open at 9:30.", True),
        ("9:30", "We open at half past nine.", False),
        ("Open", "we open", False),
        ({"text": "Open", "ignore_case": True}, "we open", True),
        ({"text": "Open"}, "we open", False),
        ({"text": "Open", "ignore_case": False}, "we open", False),
        (["9:30", "18:00"], "From 9:30 to 18:00.", True),
        (["9:30", "18:00"], "From 9:30.", False),
        ({"text": ["A", "B"], "ignore_case": True}, "a and b", True),
        ("straße", "STRASSE", False),
        ({"text": "straße", "ignore_case": True}, "STRASSE", True),
    ],
)
def test_contains_requires_every_text(value: object, reply: str, holds: bool) -> None:
    assert verify("contains", value, reply).holds is holds


@pytest.mark.parametrize(
    ("value", "reply", "holds"),
    [
        (["red", "blue"], "It is blue.", True),
        (["red", "blue"], "It is green.", False),
        ("red", "It is red.", True),
        ({"text": ["RED", "BLUE"], "ignore_case": True}, "red", True),
    ],
)
def test_contains_any_is_content_with_one_text(value: object, reply: str, holds: bool) -> None:
    assert verify("contains_any", value, reply).holds is holds


@pytest.mark.parametrize(
    ("value", "reply", "holds"),
    [
        ("sorry", "Of course.", True),
        ("sorry", "I am sorry.", False),
        (["sorry", "cannot"], "I cannot.", False),
        ({"text": "sorry", "ignore_case": True}, "Sorry!", False),
    ],
)
def test_not_contains_fails_on_any_of_its_texts(value: object, reply: str, holds: bool) -> None:
    assert verify("not_contains", value, reply).holds is holds


def test_the_check_says_what_was_expected_and_what_was_missing() -> None:
    check = verify("contains", "9:30", "We open early.")
    assert (check.rule, check.expected, check.observed) == ("contains", "contains '9:30'", "'9:30' is not in the reply")
    assert check.leak is False


def test_only_the_missing_texts_are_named() -> None:
    check = verify("contains", ["a1", "b2", "c3"], "a1")
    assert check.expected == "contains 'a1' and 'b2' and 'c3'"
    assert check.observed == "'b2', 'c3' are not in the reply"


def test_a_text_that_is_present_is_named_too() -> None:
    assert verify("contains", "9:30", "at 9:30").observed == "'9:30' is in the reply"
    assert verify("not_contains", "no", "no").observed == "'no' is in the reply"
    assert verify("contains_any", ["x1", "y2"], "y2").observed == "'y2' is in the reply"


def test_ignoring_case_is_part_of_the_expectation() -> None:
    check = verify("contains_any", {"text": ["A", "B"], "ignore_case": True}, "c")
    assert check.expected == "contains 'A' or 'B' in any case"


def test_not_contains_says_what_must_be_absent() -> None:
    assert verify("not_contains", ["A", "B"], "c").expected == "does not contain 'A' or 'B'"
    assert verify("not_contains", "A", "c").observed == "'A' is not in the reply"


# An accent after the text would make another letter of its last one.
WITHOUT_ACCENTS = st.characters(max_codepoint=0x24F)


@given(st.text(WITHOUT_ACCENTS), st.text(WITHOUT_ACCENTS, min_size=1), st.text(WITHOUT_ACCENTS))
def test_contains_and_not_contains_disagree_on_every_reply_that_is_not_blank(
    before: str, text: str, after: str
) -> None:
    reply = before + text + after + "."
    assert verify("contains", text, reply).holds
    assert not verify("not_contains", text, reply).holds


@pytest.mark.parametrize("name", ["contains", "contains_any", "not_contains"])
@pytest.mark.parametrize("reply", ["", "  ", "\n\t"])
def test_a_blank_reply_contains_nothing_and_avoids_nothing(name: str, reply: str) -> None:
    check = verify(name, "word", reply)
    assert not check.holds
    assert check.observed == "the reply is blank"


EQUAL_LOOKING = [
    ("20 €", "Der Sack kostet 20\u00a0€."),
    ("I'm here", "Yes, I’m here."),
    ("well-known", "a well\u2011known shop"),
    ("9-17", "Von 9–17 Uhr"),
    ("café", "un cafe\u0301"),
    ("Schifffahrt", "Schi\ufb00\u00adfahrt"),
    ("9:30", "９：３０"),
    ("one\ntwo", "one\r\ntwo"),
    ("Wait...", "Wait…"),
    ("مرحبا", "مرحـبا"),
]


@pytest.mark.parametrize(("value", "reply"), EQUAL_LOOKING)
def test_text_that_looks_equal_is_found_in_either_spelling(value: str, reply: str) -> None:
    assert verify("contains", value, reply).holds
    assert verify("contains_any", [value, "nothing of this"], reply).holds
    assert not verify("not_contains", value, reply).holds
    assert not verify("not_contains", reply, f"{value} {reply}").holds


@pytest.mark.parametrize(("value", "reply"), EQUAL_LOOKING)
def test_exact_takes_only_the_same_characters(value: str, reply: str) -> None:
    exact = {"text": value, "exact": True}
    assert not verify("contains", exact, reply).holds
    assert verify("not_contains", exact, reply).holds
    assert verify("contains", exact, value).holds
    assert verify("contains", exact, reply).expected.endswith(", character by character")


@pytest.mark.parametrize("sign", ["—", "“", "„", "\u00a0", "\u200b", "−"])
def test_a_forbidden_sign_is_not_taken_for_the_plain_one(sign: str) -> None:
    assert verify("not_contains", sign, 'A "well-known" shop - 20 %.').holds
    assert not verify("not_contains", sign, f"A shop{sign}mine.").holds


@pytest.mark.parametrize("mark", ["\ufe0f", "\u0301", "\u00ad", "ـ", "\u2060"])
def test_a_mark_that_has_no_form_of_its_own_is_not_in_every_reply(mark: str) -> None:
    assert not verify("contains", mark, "plain").holds
    assert verify("not_contains", mark, "plain").holds
