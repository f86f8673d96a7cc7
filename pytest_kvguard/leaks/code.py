"""A canary as one looks for it: its letters and digits, folded, and where its own separators stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from pytest_kvguard.leaks.encoded import DISGUISES
from pytest_kvguard.leaks.look_alikes import fold, letters_of, unadorned

__all__ = ["GAP", "Code", "code_of", "split_at_gaps"]

GAP = r"[\W_]"
"""What may stand between two letters of a canary that is spaced out."""

_MAX_GAP = 12
_PARTS = re.compile(rf"({GAP}+)")
_DISTINCT_DIGITS = 3


@dataclass(frozen=True)
class Code:
    """A canary, prepared for the search.

    Attributes:
        text: as declared.
        folded: without case, accents and look-alikes.
        letters: its letters and digits alone, without case and accents.
        breaks: after how many of the letters a separator stands, e.g. {2: "-"} in KX-4471.
        anywhere: a pattern of the folded letters with gaps between them.
    """

    text: str
    folded: str
    letters: str
    breaks: dict[int, str]
    anywhere: re.Pattern[str]

    @cached_property
    def characters(self) -> frozenset[str]:
        """The letters and digits of the folded canary, in no order."""
        return frozenset(filter(str.isalnum, self.folded))

    @cached_property
    def folded_letters(self) -> str:
        """The letters and digits of the folded canary, in order."""
        return letters_of(self.text)

    @cached_property
    def disguises(self) -> dict[str, Code]:
        """By name of a disguise, the code that a text holds if it holds this one in disguise."""
        return {name: code_of(disguise(self.text)) for name, disguise in DISGUISES.items()}

    @cached_property
    def digit_groups(self) -> tuple[str, ...]:
        """The rows of digits in its letters, in order."""
        return tuple(re.findall("[0-9]+", self.letters))

    @property
    def is_number(self) -> bool:
        """Whether it consists of digits, which many numbers contain."""
        return self.letters.isdigit()

    @property
    def is_distinct(self) -> bool:
        """Whether no longer word contains it by chance: it has letters and several digits."""
        return not self.is_number and sum(map(str.isdigit, self.letters)) >= _DISTINCT_DIGITS


@lru_cache(maxsize=1024)
def code_of(canary: str) -> Code:
    """Return a canary, prepared for the search."""
    folded, plain = fold(canary), unadorned(canary)
    chunks, gaps = split_at_gaps(plain)
    breaks: dict[int, str] = {}
    count = 0
    for chunk, gap in zip(chunks, gaps, strict=False):
        count += len(chunk)
        breaks[count] = gap
    return Code(canary, folded, "".join(chunks), breaks, _anywhere(folded))


def _anywhere(folded: str) -> re.Pattern[str]:
    """Return the pattern of letters with gaps between them, in which a separator may be quoted by itself."""
    chunks, gaps = split_at_gaps(folded)
    gap = f"{GAP}{{0,{_MAX_GAP}}}"
    parts = [gap.join(map(re.escape, chunk)) for chunk in chunks]
    joints = [f"{gap}(?:{re.escape(separator)}{gap})?" for separator in gaps]
    return re.compile("".join(part + joint for part, joint in zip(parts, [*joints, ""], strict=False)))


def split_at_gaps(text: str) -> tuple[list[str], list[str]]:
    """Return the chunks of letters and digits of a text, and the gaps between them."""
    parts = _PARTS.split(text)
    chunks, gaps = parts[::2], parts[1::2]
    if chunks and not chunks[0]:
        chunks, gaps = chunks[1:], gaps[1:]
    if chunks and not chunks[-1]:
        chunks, gaps = chunks[:-1], gaps[:-1]
    return chunks, gaps
