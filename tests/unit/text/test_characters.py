"""Characters as people see them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.text.characters import count_characters


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("abc", 3),
        (" a b\n", 3),
        ("a\r\nb", 3),
        ("我是AI助手。", 7),
        ("👨‍👩‍👧", 1),
        ("👍🏽🇩🇪1️⃣", 3),
        ("cafe\u0301", 4),
        ("한국", 2),
        ("กิน", 2),
        ("a\u200bb\ufeff", 2),
        ("a\ud800", 2),
        ("", 0),
    ],
    ids=ascii,
)
def test_characters_are_counted_as_people_see_them(text: str, count: int) -> None:
    assert count_characters(text) == count


@given(st.text(alphabet="abcéüñ我한 "))
def test_composition_changes_no_count(text: str) -> None:
    assert count_characters(unicodedata.normalize("NFD", text)) == count_characters(text) == len(text.strip())
