"""same_as_uncompressed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.verifiers.similarity import similarity
from pytest_kvguard.verifiers.table import verify


@pytest.mark.parametrize(
    ("text", "other", "share"),
    [
        ("We open at nine.", "we open, at NINE", 1.0),
        ("We open at nine.", "We open at ten.", 0.75),
        ("one two three four", "four three two one", 0.25),
        ("yes", "no", 0.0),
        ("我们九点开门", "我们十点开门", 0.75),
        ("我们九点开门", "他是医生", 0.0),
        ("ร้านเปิดเก้าโมง", "ร้านปิดเก้าโมง", 0.75),
        ("It’s  “open”", 'it\'s "open"', 1.0),
        ("C++ is fine", "C is fine", 2 / 3),
        ("?", "?", 1.0),
        ("?", "!", 0.0),
        ("word", "", 0.0),
    ],
)
def test_similarity_is_the_share_of_words_in_common_in_order(text: str, other: str, share: float) -> None:
    assert similarity(text, other) == pytest.approx(share)


def test_the_compressed_reply_is_held_against_the_uncompressed_one() -> None:
    check = verify("same_as_uncompressed", 0.8, "We open at ten.", "We open at nine.")
    assert not check.holds
    assert check.expected == "at least 0.8 of the uncompressed reply's words, in order"
    assert check.observed == "0.75 of its words"
    assert verify("same_as_uncompressed", 0.7, "We open at ten.", "We open at nine.").holds


def test_the_uncompressed_reply_is_the_same_as_itself() -> None:
    assert verify("same_as_uncompressed", 1, "We open at nine.").holds


@given(st.text(), st.text())
def test_similarity_is_symmetric_and_a_share(text: str, other: str) -> None:
    assert similarity(text, other) == pytest.approx(similarity(other, text))
    assert 0 <= similarity(text, other) <= 1
    assert similarity(text, text) == 1
