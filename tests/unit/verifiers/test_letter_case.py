"""lowercase and uppercase."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.verifiers.table import verify


@pytest.mark.parametrize(
    ("reply", "holds"),
    [
        ("all small, 12 letters.", True),
        ("One capital.", False),
        ("one capitaL", False),
        ("привет", True),
        ("Привет", False),
        ("straße", True),
        ("你好", True),
        ("n.º 5", True),
        ("the ǅ digraph", False),
        ("chapter Ⅳ", True),
        ("12345", False),
        ("?!", False),
    ],
)
def test_lowercase_looks_at_cased_letters_of_any_script(reply: str, holds: bool) -> None:
    assert verify("lowercase", True, reply).holds is holds


@pytest.mark.parametrize(
    ("reply", "holds"),
    [
        ("LOUD 24/7!", True),
        ("LOUDe", False),
        ("ПРИВЕТ", True),
        ("ПРИВЕт", False),
        ("N.º 5", True),
        ("THE ǅ DIGRAPH", False),
        ("42", False),
    ],
)
def test_uppercase_looks_at_cased_letters_of_any_script(reply: str, holds: bool) -> None:
    assert verify("uppercase", True, reply).holds is holds


def test_the_first_offending_word_is_shown() -> None:
    check = verify("lowercase", True, "we open At Nine")
    assert (check.expected, check.observed) == ("all letters lowercase", "uppercase letter in 'At'")
    check = verify("uppercase", True, "WE OPEN at nine")
    assert (check.expected, check.observed) == ("all letters uppercase", "lowercase letter in 'at'")


def test_a_reply_that_obeys_is_described_too() -> None:
    assert verify("lowercase", True, "fine").observed == "no uppercase letter"
    assert verify("uppercase", True, "FINE").observed == "no lowercase letter"


@pytest.mark.parametrize("name", ["lowercase", "uppercase"])
def test_a_reply_without_letters_has_no_case(name: str) -> None:
    assert verify(name, True, "12345").observed == "the reply has no letter"


@pytest.mark.parametrize("name", ["lowercase", "uppercase"])
@pytest.mark.parametrize("reply", ["", " ", "\n"])
def test_a_blank_reply_has_no_case(name: str, reply: str) -> None:
    check = verify(name, True, reply)
    assert not check.holds
    assert check.observed == "the reply is blank"


@given(st.text(alphabet="abcxyzäöüéñ .,!0", min_size=1).filter(lambda text: any(map(str.isalpha, text))))
def test_a_text_and_its_upper_form_obey_one_rule_each(text: str) -> None:
    assert verify("lowercase", True, text).holds
    assert not verify("uppercase", True, text).holds
    assert verify("uppercase", True, text.upper()).holds
    assert not verify("lowercase", True, text.upper()).holds
