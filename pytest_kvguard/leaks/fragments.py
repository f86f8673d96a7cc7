"""Parts of secrets in a text: six characters of a canary, and what can be told of a protected text in a few words."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar

import regex

from pytest_kvguard.leaks.aligned_text import AlignedText
from pytest_kvguard.text.pattern import Pattern
from pytest_kvguard.text.scripts import UNSPACED

__all__ = ["code_fragments", "text_fragments"]

_SHORTEST = 6
"""Parts with fewer characters are not secret."""

_WORD_WEIGHT = 2
"""What a word counts among characters of scripts without spaces: three words are as secret as six characters."""

_RUN = 3
_TOKEN = Pattern(
    rf"(?P<character>[{UNSPACED}]|\p{{M}})|[[\p{{L}}\p{{N}}]--[{UNSPACED}]][[\p{{L}}\p{{N}}\p{{M}}]--[{UNSPACED}]]*+",
    regex.VERSION1,
)
_CODE = Pattern(r"[^\s\"“”„«»「」()\[\]{}<>]+")
_TYPOGRAPHIC = str.maketrans("‘’‚“”„‐‑‒–—−", "''" + "'" + '"""' + "------")

Item = TypeVar("Item")


@dataclass(frozen=True)
class _Token:
    text: str
    span: tuple[int, int]
    weight: int


@lru_cache(maxsize=4096)
def _comparable(character: str) -> str:
    """Return a character without case, width and composition; accents stay, being letters in some scripts."""
    if character.isspace():
        return " "
    if character.isascii():
        return character.lower()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", character).casefold()).translate(_TYPOGRAPHIC)
    return "".join(part for part in plain if unicodedata.category(part) != "Cf")


def _sequence(text: str) -> str:
    return "".join(map(_comparable, text))


def code_fragments(canary: str, reading: AlignedText) -> Iterator[tuple[int, int]]:
    """Yield the intervals of a source in which six characters of a canary, or all of it, follow each other."""
    yield from _fragments_of((canary,), reading.by_character(_comparable))


def text_fragments(protected: str, reading: AlignedText) -> Iterator[tuple[int, int]]:
    """Yield the intervals of a source that tell a part of a protected text.

    A part is three words in a row; six characters in scripts that write no spaces between words; or six characters of a
    word with digits in it, which may be a code.
    """
    comparable = reading.by_character(_comparable)
    size, known = _known_runs(protected)
    # Nearly all texts tell nothing, and to look for a few words is far quicker than to take a text apart.
    holds = comparable.text.__contains__
    is_told = any(all(map(holds, run)) for run in known)
    tokens = _tokens(comparable.text) if is_told else ()
    for first, last in _runs([token.text for token in tokens], size, known):
        weight = sum(token.weight for token in tokens[first:last])
        if weight >= min(_SHORTEST, _weight(protected)):
            yield comparable.interval(tokens[first].span[0], tokens[last - 1].span[1])
    yield from _fragments_of(_codes(protected), comparable)


def _fragments_of(codes: Sequence[str], comparable: AlignedText) -> Iterator[tuple[int, int]]:
    for code in codes:
        for first, last in _runs(comparable.text, *_known_characters(code)):
            yield comparable.interval(first, last)


@lru_cache(maxsize=1024)
def _known_characters(code: str) -> tuple[int, frozenset[str]]:
    known = _sequence(code)
    size = min(_SHORTEST, len(known))
    return size, frozenset(known[start : start + size] for start in range(len(known) - size + 1))


@lru_cache(maxsize=1024)
def _known_runs(protected: str) -> tuple[int, frozenset[tuple[str, ...]]]:
    known = [token.text for token in _tokens(_sequence(protected))]
    size = min(_RUN, len(known))
    return size, frozenset(tuple(known[start : start + size]) for start in range(len(known) - size + 1))


@lru_cache(maxsize=1024)
def _weight(protected: str) -> int:
    return sum(token.weight for token in _tokens(_sequence(protected)))


@lru_cache(maxsize=1024)
def _codes(protected: str) -> tuple[str, ...]:
    words = (word.strip(".,;:!?…'’‘`*_") for word in _CODE.findall(protected))
    return tuple(word for word in words if len(word) >= _SHORTEST and any(map(str.isdigit, word)) and word.isascii())


@lru_cache(maxsize=16)  # a text is searched for one secret after the other
def _tokens(text: str) -> tuple[_Token, ...]:
    matches = _TOKEN.finditer(text)
    return tuple(_Token(match.group(), match.span(), 1 if match["character"] else _WORD_WEIGHT) for match in matches)


def _runs(items: Sequence[str], size: int, known: frozenset[object]) -> Iterator[tuple[int, int]]:
    """Yield the longest half-open intervals of items in which every few items in a row are known."""
    is_text = isinstance(items, str)
    if not size or (is_text and not any(str(part) in items for part in known)):
        return
    windows = zip(*(items[offset:] for offset in range(size)), strict=False)
    parts = map("".join, windows) if is_text else windows
    places = [start for start, part in enumerate(parts) if part in known]
    if not places:
        return
    begins = [places[0], *(later for earlier, later in pairwise(places) if later > earlier + 1)]
    ends = [*(earlier for earlier, later in pairwise(places) if later > earlier + 1), places[-1]]
    yield from ((first, last + size) for first, last in zip(begins, ends, strict=True))
