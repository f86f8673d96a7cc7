"""Folding of texts that look alike: case, accents, compatibility forms, digits and letters of other scripts."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

__all__ = [
    "LOOK_ALIKES",
    "fold",
    "folded_characters",
    "folded_readings",
    "letters_of",
    "plain_character",
    "plain_characters",
    "unadorned",
]

# NFKC already folds fullwidth, circled and mathematical letters; these are the look-alikes, small or capital, by the
# script whose letters pass for Latin ones: the Latin letters, and what looks like each.
LOOK_ALIKES = {
    "CYRILLIC": ("abcdeeehhijklmopqstvwxyy3", "авсԁеҽєнһіјкӏморԛѕтѵԝхуүз"),
    "GREEK": ("abehikmnoptxyz", "αβεηικμνορτχυζ"),
    "ARMENIAN": ("ghnoul", "ցհոօսլ"),
    "LATIN": ("aabcdefgghiijjklmnopqrstuvwyz", "ɑᴀʙᴄᴅᴇꜰɡɢʜıɪᴊȷᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡʏᴢ"),
    "DIGIT": ("lo", "10"),
}
_TO_LATIN = {
    ord(alike): letter for latin, alikes in LOOK_ALIKES.values() for letter, alike in zip(latin, alikes, strict=True)
}
# Small letters that look like another one than their capitals do.
_SMALL_SHAPES = str.maketrans(dict(zip("νηυγωσпгո", "vnuywonrn", strict=True)))
_HAS_SMALL_SHAPE = re.compile("[νηυγωσпгո]")
# White letters on black circles and squares, and the letters of which flags are made, have no compatibility form.
_EMBLEMS = {first + index: chr(97 + index) for first in (0x1F150, 0x1F170, 0x1F1E6) for index in range(26)}
_INVISIBLE = {"Mn", "Me", "Cf"}


class _Plain(dict[int, str]):
    """Character → its plain form; filled as characters occur, because most texts have few different ones."""

    def __missing__(self, point: int) -> str:
        decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", chr(point)).casefold())
        self[point] = plain = "".join(map(_plain, decomposed))
        return plain


def plain_character(character: str) -> str:
    """Return what the unadorned text has in place of one character: none, one or several."""
    return _PLAIN[ord(character)]


def plain_characters(text: str) -> str:
    """Return a text with every character replaced by what the unadorned text has in its place."""
    return text.translate(_PLAIN)


def _plain(character: str) -> str:
    if character.isascii():
        return character
    if unicodedata.category(character) in _INVISIBLE:
        return ""
    digit = unicodedata.digit(character, None)
    return str(digit) if digit is not None else _EMBLEMS.get(ord(character), character)


_PLAIN = _Plain()


@lru_cache(maxsize=4096)  # the same texts are searched for every canary
def unadorned(text: str) -> str:
    """Return a text without case, compatibility forms, accents and invisible characters, its digits those of ASCII."""
    if text.isascii():
        return text.lower()
    # The syllables of Hangul, which were taken apart, are put together again.
    return unicodedata.normalize("NFC", plain_characters(text))


def folded_readings(text: str) -> tuple[str, ...]:
    """Return the folded text, and the text folded by the shapes of its small letters where these look like others."""
    plain = unadorned(text)
    if plain.isascii() or not _HAS_SMALL_SHAPE.search(plain):
        return (fold(text),)
    return fold(text), plain.translate(_SMALL_SHAPES).translate(_TO_LATIN)


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Return the unadorned text with every look-alike replaced by its Latin letter, character by character."""
    return unadorned(text).translate(_TO_LATIN)


@lru_cache(maxsize=4096)
def folded_characters(text: str) -> frozenset[str]:
    """Return the characters that occur in the folded readings of a text."""
    return frozenset().union(*folded_readings(text))


def letters_of(text: str) -> str:
    """Return the letters and digits of a text, folded."""
    return "".join(filter(str.isalnum, fold(text)))
