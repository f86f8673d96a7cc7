"""equals, starts_with and ends_with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.verifiers.table import verify

# An accent at the beginning of the tail would make another letter of the last one of the head.
VISIBLE = st.text(st.characters(max_codepoint=0x24F), min_size=1).filter(lambda text: text.strip() != "")


@pytest.mark.parametrize(
    ("name", "value", "reply", "holds"),
    [
        ("equals", "Yes.", "Yes.", True),
        ("equals", "Yes.", "  Yes.\n", True),
        ("equals", " Yes. ", "Yes.", True),
        ("equals", "Yes.", "yes.", False),
        ("equals", "Yes.", "Yes. Indeed.", False),
        ("equals", {"text": "YES", "ignore_case": True}, "yes", True),
        ("starts_with", "Dear", "\n Dear all", True),
        ("starts_with", "Dear", "My Dear", False),
        ("starts_with", "dear", "Dear all", False),
        ("starts_with", {"text": "dear", "ignore_case": True}, "Dear all", True),
        ("ends_with", "Bye!", "Good. Bye!  \n", True),
        ("ends_with", "Bye!", "Bye! Bye", False),
        ("ends_with", {"text": "bye!"}, "Bye!", False),
        ("ends_with", {"text": "bye!", "ignore_case": True}, "Bye!", True),
    ],
)
def test_outer_whitespace_is_ignored_and_case_is_not(name: str, value: object, reply: str, holds: bool) -> None:
    assert verify(name, value, reply).holds is holds


@pytest.mark.parametrize(
    ("name", "expected", "observed"),
    [
        ("equals", "equals 'Dear'", "the reply is 'Hello Ann'"),
        ("starts_with", "starts with 'Dear'", "it starts with 'Hell'"),
        ("ends_with", "ends with 'Dear'", "it ends with ' Ann'"),
    ],
)
def test_the_check_shows_the_part_it_looked_at(name: str, expected: str, observed: str) -> None:
    check = verify(name, "Dear", "Hello Ann")
    assert (check.expected, check.observed) == (expected, observed)


def test_ignoring_case_is_part_of_the_expectation() -> None:
    assert verify("equals", {"text": "a", "ignore_case": True}, "b").expected == "equals 'a' in any case"


@given(VISIBLE, VISIBLE)
def test_a_reply_starts_with_its_head_and_ends_with_its_tail(head: str, tail: str) -> None:
    reply = f"{head.strip()} {tail.strip()}"
    assert verify("starts_with", head, reply).holds
    assert verify("ends_with", tail, reply).holds


@given(VISIBLE)
def test_every_reply_that_is_not_blank_equals_itself(reply: str) -> None:
    assert verify("equals", reply, reply).holds
    assert verify("equals", {"text": reply, "ignore_case": True}, reply).holds


@pytest.mark.parametrize("name", ["equals", "starts_with", "ends_with"])
def test_a_blank_reply_obeys_none_of_them(name: str) -> None:
    assert verify(name, "x", " \n").observed == "the reply is blank"


@pytest.mark.parametrize(
    ("name", "value", "reply"),
    [
        ("equals", "It's 20 €.", "It’s 20\u202f€."),
        ("equals", "Ja.", "\ufeffＪａ.\u200b"),
        ("starts_with", "I'm sorry -", "I’m sorry – but"),
        ("starts_with", "Liebe Grüße", "\u2060Liebe Gru\u0308ße"),
        ("ends_with", "bye...", "good bye…\r\n"),
        ("ends_with", "bye.", "good bye.\u200b\u00a0"),
    ],
)
def test_text_that_looks_equal_is_equal_unless_exact_is_asked(name: str, value: str, reply: str) -> None:
    assert verify(name, value, reply).holds
    check = verify(name, {"text": value, "exact": True}, reply)
    assert not check.holds
    assert check.expected.endswith(", character by character")
