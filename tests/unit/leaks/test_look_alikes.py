"""Folding takes case, accents, invisible characters and look-alikes away, quickly and as Unicode defines them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.leaks.look_alikes import _TO_LATIN, fold, letters_of

TEXTS = st.text() | st.text(st.sampled_from("aZ01-\n\x00éÉßſİıｋ①\u0301\u200b\u00adΣςаМ가\U0001d4d0"))


@given(TEXTS)
def test_folding_is_what_unicode_defines_character_by_character(text: str) -> None:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    seen = [character for character in decomposed if unicodedata.category(character) not in {"Mn", "Cf"}]
    assert fold(text) == "".join(seen).translate(_TO_LATIN)
    assert letters_of(text) == "".join(character for character in fold(text) if character.isalnum())


@pytest.mark.parametrize(
    ("text", "folded"), [("KX-4471", "kx-447l"), ("ＫХ\u200b-44７1", "kx-447l"), ("É0", "eo"), ("", "")]
)
def test_texts_that_look_the_same_fold_to_the_same(text: str, folded: str) -> None:
    assert fold(text) == folded
