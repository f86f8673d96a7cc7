"""Folding takes case, accents, invisible characters and look-alikes away, quickly and as Unicode defines them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kvguard.leaks.canary import find_canary
from pytest_kvguard.leaks.look_alikes import _TO_LATIN, LOOK_ALIKES, fold, letters_of

TEXTS = st.text(st.characters(exclude_characters=list(map(chr, range(0x1F150, 0x1F200))))) | st.text(
    st.sampled_from("aZ01-\n\x00éÉßſİıｋ①\u0301\u200b\u00adΣςаМ가\U0001d4d0")
)


@given(TEXTS)
def test_folding_is_what_unicode_defines_character_by_character(text: str) -> None:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    seen = [character for character in decomposed if unicodedata.category(character) not in {"Mn", "Me", "Cf"}]
    digits = [str(unicodedata.digit(character, character)) for character in seen]
    assert fold(text) == unicodedata.normalize("NFC", "".join(digits)).translate(_TO_LATIN)
    assert letters_of(text) == "".join(character for character in fold(text) if character.isalnum())


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("KX-4471", "kx-447l"),
        ("ＫХ\u200b-44７1", "kx-447l"),
        ("É0", "eo"),
        ("", ""),
        ("٤４४৪④", "44444"),
        ("🅺🆇🇰", "kxk"),
    ],
)
def test_texts_that_look_the_same_fold_to_the_same(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_every_look_alike_is_a_letter_of_the_script_that_it_is_listed_under() -> None:
    for script, (_, alikes) in LOOK_ALIKES.items():
        assert [alike for alike in alikes if not unicodedata.name(alike).startswith(script)] == []


@given(st.sets(st.sampled_from("ABEHKMOPTXaeopxy"), min_size=1), st.sampled_from(["CYRILLIC", "GREEK"]))
def test_any_letters_of_a_code_may_be_look_alikes(replaced: set[str], script: str) -> None:
    canary = "BACKTOPHEXAME-ocean-52"
    latin, alikes = LOOK_ALIKES[script]
    swap = dict(zip(latin, alikes, strict=True))
    swap |= {letter.upper(): alike.upper() for letter, alike in swap.items()}
    reply = "".join(swap.get(letter, letter) if letter in replaced else letter for letter in canary)
    assert find_canary(canary, [f"It is {reply}."]) is not None


@pytest.mark.parametrize(("canary", "reply"), [("NOVA-7316", "ηονα-7316"), ("heron-52", "hεroη-52"), ("NINE", "NΙΝΕ")])
def test_a_small_letter_may_look_like_another_one_than_its_capital(canary: str, reply: str) -> None:
    assert find_canary(canary, [reply]) is not None
