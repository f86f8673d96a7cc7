"""Folding of texts that look alike: case, accents, compatibility forms, letters of other scripts."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

__all__ = ["fold", "letters_of"]

# NFKC already folds fullwidth, circled and mathematical letters; these are the look-alikes (small or capital)
# from Cyrillic, Greek, Armenian and Latin, and the two digits that pass for letters.
_LOOK_ALIKES = {
    "a": "аαɑ", "b": "вβ", "c": "сϲᴄ", "d": "ԁ", "e": "еεҽ", "g": "ɡց", "h": "нһηհ", "i": "іιı", "j": "ј", "k": "кκ",
    "l": "ӏ1", "m": "мμ", "n": "νո", "o": "оο0օ", "p": "рρ", "q": "ԛ", "s": "ѕꜱ", "t": "тτ", "u": "ս", "v": "ѵᴠ",
    "w": "ԝᴡ", "x": "хχ", "y": "уυү", "z": "ζᴢ",
}  # fmt: skip
_TO_LATIN = str.maketrans({alike: latin for latin, alikes in _LOOK_ALIKES.items() for alike in alikes})


@lru_cache(maxsize=4096)  # the same texts are searched for every canary
def fold(text: str) -> str:
    """Return a text without case, compatibility forms, accents, invisible characters and look-alikes."""
    if text.isascii():  # ASCII has only case and the digits that look like letters
        return text.lower().translate(_TO_LATIN)
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    invisible = {ord(c): None for c in set(decomposed) if unicodedata.category(c) in {"Mn", "Cf"}}
    return decomposed.translate(invisible).translate(_TO_LATIN)


def letters_of(text: str) -> str:
    """Return the letters and digits of a text, folded."""
    return "".join(filter(str.isalnum, fold(text)))
