"""The normal form of texts that look equal, in which checks compare a reply with the text of a contract."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache, lru_cache

from pytest_kvguard.text.pattern import Pattern

__all__ = ["canonical", "comparison_form", "normalise"]

_SINGLE_QUOTES = "‘’‚‛′‵´ʹʻʼ׳"
_DOUBLE_QUOTES = "“”„‟″‶ʺˮ〝〞〟״"
_HYPHENS = "‐‑‒–—―−⸺⸻˗֊־﹘﹣－"
_SIGNS = {"⁄": "/", "∕": "/", "∶": ":", "∗": "*", "∼": "~", "〜": "~", "～": "~"}
_TATWEEL = "ـ"

_LINE_BREAK = Pattern(r"\r\n|[\r\v\f\x85\u2028\u2029]")

# What joins emoji into one picture, or names the region of a flag, is visible; all others of these characters are not.
_FLAG = r"\U0001F3F4[\U000E0020-\U000E007E]{1,8}\U000E007F"
_INVISIBLE = Pattern(rf"({_FLAG})|(?!\u200d)\p{{Default_Ignorable_Code_Point}}")
_JOINER = Pattern(r"(?<![\p{Extended_Pictographic}\p{Emoji_Modifier}])\u200d|\u200d(?!\p{Extended_Pictographic})")
_EMOJI_STYLE = Pattern(r"[\ufe00-\ufe0f]")

# Kinds of compatibility characters, as the Unicode Character Database names them, that look like what they stand for.
# A superscript does not: x² is not x2. Neither does a circled digit, nor a fraction.
_LOOKS_LIKE = {
    "<wide>",
    "<narrow>",
    "<small>",
    "<initial>",
    "<medial>",
    "<final>",
    "<isolated>",
    "<compat>",
    "<square>",
}
_UNLIKE = {"ſ"}
_COMPATIBILITY_BLOCKS = (range(0xA0, 0x3130), range(0x3190, 0x3400), range(0xFB00, 0xFFF0))
_STYLED_LETTERS = range(0x1D400, 0x1D800)


def _stands_for(character: str, kinds: set[str] = _LOOKS_LIKE) -> str:
    """Return the plain characters that a compatibility character stands for, or the character itself."""
    kind, *points = unicodedata.decomposition(character).split() or [""]
    if kind not in kinds or character in _UNLIKE:
        return character
    return "".join(_stands_for(chr(int(point, 16))) for point in points)


def _compatible() -> Iterator[tuple[int, str]]:
    for block in _COMPATIBILITY_BLOCKS:
        for point in block:
            plain = _stands_for(chr(point))
            # A spacing accent such as ´ stands for a space and an accent, which it does not look like.
            if plain != chr(point) and " " not in plain:
                yield point, plain
    for point in _STYLED_LETTERS:
        yield point, _stands_for(chr(point), {"<font>"})


@cache
def _compatibility_table() -> dict[int, str]:
    """Return the table of widths, ligatures, presentation forms and styled letters: character → what it looks like."""
    typographic = _typographic_table()
    return {point: plain for point, plain in _compatible() if point not in typographic}


@cache
def _compatible_characters() -> frozenset[str]:
    return frozenset(map(chr, _compatibility_table()))


@cache
def _typographic_characters() -> frozenset[str]:
    return frozenset(map(chr, _typographic_table()))


def _replaced(text: str, characters: frozenset[str], table: dict[int, str]) -> str:
    """Return what ``text.translate(table)`` returns, whose characters these are; it reads every character slowly."""
    present = characters.intersection(text)
    if not present:
        return text
    return re.sub(f"[{re.escape(''.join(sorted(present)))}]", lambda found: table[ord(found[0])], text)


@cache
def _typographic_table() -> dict[int, str]:
    """Return the table of spaces, quotation marks, dashes and slashes: character → the one on a typewriter."""
    spaces = {point: " " for point in range(0x80, 0x3001) if unicodedata.category(chr(point)) == "Zs"}
    signs = _SIGNS | dict.fromkeys(_SINGLE_QUOTES, "'") | dict.fromkeys(_DOUBLE_QUOTES, '"')
    signs |= dict.fromkeys(_HYPHENS, "-") | {_TATWEEL: ""}
    return spaces | {ord(sign): plain for sign, plain in signs.items()}


def canonical(text: str) -> str:
    """Return a text with composed accents (NFC) and with one kind of line break: the same characters."""
    text = _LINE_BREAK.sub("\n", text)
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _compatibility_form(text: str) -> str:
    """Return a text with its widths, ligatures, presentation forms and styled letters in their plain form."""
    text = canonical(text)
    if text.isascii():
        return text
    return canonical(_EMOJI_STYLE.sub("", text).translate(_compatibility_table()))


@lru_cache(maxsize=4096)  # the same reply is read for every check of it
def normalise(text: str) -> str:
    """Return the form that all texts share that look equal to a reader.

    Composed accents, line breaks, widths, ligatures, presentation forms, styled letters, spaces, quotation marks,
    primes, dashes, the ellipsis and the tatweel get their plain form; invisible characters vanish. Case, superscripts,
    fractions and letters of other scripts stay. The form of a form is the form itself.
    """
    if text.isascii():
        return canonical(text)
    visible: str = _INVISIBLE.sub(r"\1", _EMOJI_STYLE.sub("", text))
    visible = _JOINER.sub("", canonical(visible))
    plain = _replaced(visible, _typographic_characters(), _typographic_table())
    plain = _replaced(plain, _compatible_characters(), _compatibility_table())
    return canonical(_replaced(plain, _typographic_characters(), _typographic_table()))


def comparison_form(expected: str, exact: bool = False, ignore_case: bool = False) -> Callable[[str], str]:
    """Return the function that brings an expected text and a reply into the form in which they are compared.

    A text without a letter or digit, such as ``—`` or ``„``, asks for this very sign: dashes, quotation marks, spaces
    and invisible characters are then not taken for one another, unless the text has the plain ones.

    Args:
        expected: the text in the contract.
        exact: whether only the same characters are equal.
        ignore_case: whether case is ignored.
    """
    form = _identity if exact else _form_of(expected)
    if not form(expected):  # nothing but a mark that changes the look of what it follows
        form = _identity
    if not ignore_case:
        return form
    return lambda text: _caseless(form(text), exact)


def _form_of(expected: str) -> Callable[[str], str]:
    plain = normalise(expected)
    asks_for_signs = not any(map(str.isalnum, plain)) and plain != _compatibility_form(expected)
    return _compatibility_form if asks_for_signs else normalise


def _identity(text: str) -> str:
    return text


def _caseless(text: str, exact: bool) -> str:
    # Folding may take a composed letter apart.
    return text.casefold() if exact else canonical(text.casefold())
