"""Scripts that write words without spaces between them, and what of a text counts as a letter or digit."""

from __future__ import annotations

from pytest_kvguard.text.pattern import Pattern

__all__ = ["UNSPACED_LETTER", "KATAKANA", "UNSPACED", "is_of_word", "is_of_spaced_word"]

UNSPACED = (
    r"\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}\p{Yi}\p{Javanese}"
    r"\p{Balinese}\p{Tai_Le}\p{New_Tai_Lue}\p{Tai_Tham}\p{Tai_Viet}ー"
)
"""The letters of scripts without spaces between words, to stand inside the brackets of a pattern."""

KATAKANA = r"\p{Katakana}ー"
"""The letters of words borrowed into Japanese, to stand inside the brackets of a pattern."""

_OF_WORD = Pattern(r"[\p{L}\p{N}\p{M}]")
UNSPACED_LETTER = Pattern(rf"[{UNSPACED}]")


def is_of_word(character: str) -> bool:
    """Return whether a character is a letter, a digit or a mark on one."""
    return character.isalnum() or _OF_WORD.match(character) is not None


def is_of_spaced_word(character: str) -> bool:
    """Return whether a character belongs to a word of a script that writes spaces between words."""
    return is_of_word(character) and (character.isascii() or UNSPACED_LETTER.match(character) is None)
