"""ICU's breaks between words, which know those of scripts without spaces, and between characters as people see them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from icu4py.breakers import CharacterBreaker, WordBreaker

from pytest_kvguard.text.pattern import Pattern

__all__ = ["count_clusters", "word_segments"]

# Word breaks are the same in all locales but Finnish and Swedish, which differ at colons; replies declare none.
_LOCALE = "en"
_SURROGATE = Pattern(r"[\ud800-\udfff]")


def word_segments(text: str) -> list[tuple[int, int]]:
    """Return the spans into which ICU cuts a text: words, and what is between them; together they are the text."""
    segments = WordBreaker(_readable(text), _LOCALE).segments()
    code_units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    return list(segments if code_units == len(text) else _in_characters(segments, text))


def count_clusters(text: str) -> int:
    """Count the grapheme clusters of a text: a letter with its marks, or an emoji of several parts, is one."""
    return sum(1 for _ in CharacterBreaker(_readable(text), _LOCALE).segments())


def _readable(text: str) -> str:
    # A lone surrogate cannot be handed over. It is no part of a word, and neither is its substitute of equal length.
    try:
        text.encode()
    except UnicodeEncodeError:
        return str(_SURROGATE.sub("\ufffd", text))
    return text


def _in_characters(segments: Iterable[tuple[int, int]], text: str) -> Iterator[tuple[int, int]]:
    """Turn spans of UTF-16 code units into spans of characters; those beyond the basic plane have two units."""
    start = end = unit = 0
    for _, last in segments:
        while unit < last:
            unit += 2 if text[end] > "\uffff" else 1
            end += 1
        yield start, end
        start = end
