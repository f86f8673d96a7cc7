"""A text read in another way, each of its characters with the interval of the source that it stands for."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote

__all__ = ["AlignedText", "legible"]

_LEVELS = 3
"""How often escapes may be escaped: a JSON report of a page of HTML, quoted by a message."""

_ESCAPE_SIGNS = "\x1b\\&%"
"""The signs with which escapes begin; most texts have none."""

_ESCAPE = re.compile(
    r"(?P<colour>\x1b\[[0-?]*[ -/]*[@-~])"
    r"|(?P<pair>\\{1,8}u[dD][89abAB][0-9a-fA-F]{2}\\{1,8}u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|\\{1,8}(?:x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|u\{(?P<b>[0-9a-fA-F]{1,6})\}|U(?P<U>[0-9a-fA-F]{8}))"
    r"|\\{1,8}(?P<space>[nrt])|\\(?P<sign>[\\\"'/])"
    r"|(?P<html>&(?:\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,31});)"
    r"|(?P<percent>(?:%[0-9a-fA-F]{2})+)"
)


@dataclass(frozen=True)
class AlignedText:
    """A reading of a source text.

    Attributes:
        text: the reading.
        starts: where in the source each of its characters begins.
        stops: where in the source each of its characters ends.
    """

    text: str
    starts: Sequence[int]
    stops: Sequence[int]
    _read: dict[Callable[[str], str], AlignedText] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, text: str) -> AlignedText:
        """Return a text as it is."""
        return cls(text, range(len(text)), range(1, len(text) + 1))

    def interval(self, start: int, stop: int) -> tuple[int, int]:
        """Return the interval of the source for a span of the reading that is not empty."""
        return self.starts[start], self.stops[stop - 1]

    def by_character(self, read: Callable[[str], str]) -> AlignedText:
        """Return this reading with every character replaced by what it is read as: none, one or several."""
        if read not in self._read:
            self._read[read] = self._by_character(read)
        return self._read[read]

    def _by_character(self, read: Callable[[str], str]) -> AlignedText:
        readings = {character: read(character) for character in set(self.text)}
        if all(len(reading) == 1 for reading in readings.values()):
            table = str.maketrans(readings)
            return AlignedText(self.text.translate(table), self.starts, self.stops)
        places = [place for place, character in enumerate(self.text) for _ in readings[character]]
        return self._at("".join(map(readings.__getitem__, self.text)), places)

    def _at(self, text: str, places: list[int]) -> AlignedText:
        return AlignedText(text, [self.starts[place] for place in places], [self.stops[place] for place in places])

    def unescaped(self) -> AlignedText:
        """Return this reading with the escapes of programs, HTML and addresses undone, and without colours."""
        if not any(sign in self.text for sign in _ESCAPE_SIGNS):
            return self
        parts: list[str] = []
        starts: list[int] = []
        stops: list[int] = []
        position = 0
        for match in _ESCAPE.finditer(self.text):
            plain = _unescaped(match)
            first, last = match.span()
            parts += [self.text[position:first], plain]
            starts += [*self.starts[position:first], *[self.starts[first]] * len(plain)]
            stops += [*self.stops[position:first], *[self.stops[last - 1]] * len(plain)]
            position = last
        if not parts:
            return self
        return AlignedText(
            "".join([*parts, self.text[position:]]),
            [*starts, *self.starts[position:]],
            [*stops, *self.stops[position:]],
        )


def _unescaped(match: re.Match[str]) -> str:
    kind = match.lastgroup
    found = match.group()
    if kind == "colour":
        return ""
    if kind == "pair":
        high, low = (int(code, 16) for code in re.findall(r"u([0-9a-fA-F]{4})", found))
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    if kind == "space":
        return " "
    if kind == "sign":
        return str(match["sign"])
    if kind == "html":
        return html.unescape(found)
    if kind == "percent":
        return unquote(found, errors="replace")
    code = int(match[kind or 0], 16)
    return chr(code) if code <= 0x10FFFF else " "


@lru_cache(maxsize=16)  # a text is searched for one secret after the other
def legible(text: str) -> tuple[AlignedText, ...]:
    """Return a text as it is, and as it reads with its escapes undone once, twice and three times."""
    return tuple(_readings(text))


def _readings(text: str) -> Iterator[AlignedText]:
    reading = AlignedText.of(text)
    yield reading
    for _ in range(_LEVELS):
        following = reading.unescaped()
        if following.text == reading.text:
            return
        reading = following
        yield reading
