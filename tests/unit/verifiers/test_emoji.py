"""no_emoji."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.verifiers.table import verify

EMOJI = ["😊", "👍🏽", "👨‍👩‍👧", "🇩🇪", "1️⃣", "✨", "✅", "⚠️", "⚠", "❤️", "❤", "☎", "✔️", "☑️", "🅰", "🌡", "▶️"]
TEXT = [
    "Hi :)",
    "© 2026 ™ ®",
    "5 → 6 ↔ 7",
    "✓ ✔ ★ ♪",
    "1 # *",
    "☺\ufe0e",
    "漢字。",
    "●",
    "€",
    "½",
    "ﷺ",
    "a\u0301",
    "♥\ufe0e",
]


@pytest.mark.parametrize("emoji", EMOJI)
def test_emoji_of_every_kind_break_the_check(emoji: str) -> None:
    check = verify("no_emoji", True, f"We open at nine{emoji}!")
    assert not check.holds
    assert check.observed == f"emoji {emoji!r}"


@pytest.mark.parametrize("reply", TEXT)
def test_signs_of_text_and_emoticons_do_not(reply: str) -> None:
    check = verify("no_emoji", True, reply)
    assert check.holds
    assert (check.expected, check.observed) == ("no emoji", "no emoji")


@given(st.sampled_from(EMOJI), st.text(alphabet="ab 我م.!"), st.text(alphabet="ab 我م.!"))
def test_one_emoji_anywhere_is_enough(emoji: str, before: str, after: str) -> None:
    assert not verify("no_emoji", True, before + emoji + after).holds
    assert verify("no_emoji", True, f"{before}x{after}").holds
