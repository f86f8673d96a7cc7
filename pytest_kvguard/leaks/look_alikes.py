"""Texts that look the same are made the same: case, accents, compatibility forms, letters of other scripts."""

from __future__ import annotations

import unicodedata

__all__ = ["fold", "letters_of"]

# NFKC already folds fullwidth, circled and mathematical letters; these are the look-alikes (small or capital)
# from Cyrillic, Greek, Armenian and Latin, and the two digits that pass for letters.
_LOOK_ALIKES = {
    "a": "аαɑ", "b": "вβ", "c": "сϲᴄ", "d": "ԁ", "e": "еεҽ", "g": "ɡց", "h": "нһηհ", "i": "іιı", "j": "ј", "k": "кκ",
    "l": "ӏ1", "m": "мμ", "n": "νո", "o": "оο0օ", "p": "рρ", "q": "ԛ", "s": "ѕꜱ", "t": "тτ", "u": "ս", "v": "ѵᴠ",
    "w": "ԝᴡ", "x": "хχ", "y": "уυү", "z": "ζᴢ",
}  # fmt: skip
_TO_LATIN = str.maketrans({alike: latin for latin, group in _LOOK_ALIKES.items() for alike in group})


def fold(text: str) -> str:
    """Case, compatibility forms, accents, invisible characters and look-alikes taken away."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    visible = (c for c in decomposed if unicodedata.category(c) not in {"Mn", "Cf"})
    return "".join(visible).translate(_TO_LATIN)


def letters_of(text: str) -> str:
    """Folded letters and digits alone."""
    return "".join(character for character in fold(text) if character.isalnum())
