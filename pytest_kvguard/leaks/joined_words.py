"""Words that are joined into one, or spelled with gaps, so that they are not the words of a protected text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby

__all__ = ["parted"]

_LONGEST_WORD = 15
"""What is longer is taken apart: the/board/will/sell, TheBoardWillSell."""

_SPELLED = re.compile(r"[^\W_](?:[\W_]+[^\W_])+")
_FEWEST_LETTERS = 8
"""So many single letters in a row are spelled words: t h e b o a r d."""

_TAKEN_FROM = 0.5
"""The share of the letters that the protected words must make up; words in a longer one by chance make up less."""


def parted(words: Iterable[str], protected: Sequence[str]) -> list[str]:
    """Return the words of a reply, those that are joined or spelled taken apart into protected words."""
    known = tuple(sorted({word for word in protected if word}, key=lambda word: (-len(word), word)))
    return [part for word in _gathered(words) for part in _parts(word, known)]


def _gathered(words: Iterable[str]) -> Iterator[str]:
    """Yield the words with those of a single letter, where there are many in a row, put together."""
    for are_letters, group in groupby(words, key=lambda word: len(word) == 1 or _SPELLED.fullmatch(word) is not None):
        row = list(group)
        letters = "".join(filter(str.isalnum, "".join(row))) if are_letters else ""
        yield from [letters] if len(letters) >= _FEWEST_LETTERS else row


def _parts(word: str, known: tuple[str, ...]) -> Sequence[str]:
    if word in known or len(word) < (_LONGEST_WORD if word.isascii() else _FEWEST_LETTERS):
        return [word]
    letters = "".join(filter(str.isalnum, word))
    found: list[str] = _pattern(known).findall(letters) if known else []
    return found if sum(map(len, found)) > _TAKEN_FROM * len(letters) else [word]


@lru_cache(maxsize=256)
def _pattern(known: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, known)))
