"""Tables and lines for a terminal of a known width; neither a name nor a word is broken in the middle."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

__all__ = ["ScreenTable", "Styled", "painted", "wrapped"]

CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "magenta": "35"}
GAP = 3
"""Blanks between two columns."""

_PIECE = re.compile(r"[^-_./: ]*[-_./: ]+|[^-_./: ]+")
"""A part of a name that stays whole; a line may end behind it."""

Cell = Sequence[str]
"""The lines of a cell, as wide as its column."""


def painted(text: str, style: str, color: bool) -> str:
    """Return text with the codes of a style such as ``bold red`` on every line; as it is without colours."""
    if not (text and style and color):
        return text
    codes = ";".join(CODES[word] for word in style.split())
    return "\n".join(f"\x1b[{codes}m{line}\x1b[0m" for line in text.splitlines())


def wrapped(text: str, width: int) -> str:
    """Return text whose lines are broken between words; a word that is longer than a line keeps its own."""
    lines = text.splitlines()
    return "\n".join(textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False) for line in lines)


@dataclass(frozen=True)
class Styled:
    """A text and how it is shown, e.g. ``bold red``."""

    text: str
    style: str = ""


@dataclass
class ScreenTable:
    """Columns of names on the left, of numbers on the right.

    Where a line has no room, headings of numbers are broken between words, then names behind ``-``, ``_``, ``.``, ``/``
    and ``:``; where that does not do, names stand on lines of their own, above their numbers.

    Attributes:
        names, numbers: the headings.
        rows: names and numbers of each row; None is a blank line.
    """

    names: tuple[str, ...]
    numbers: tuple[str, ...]
    rows: list[tuple[tuple[str, ...], tuple[Styled, ...]] | None] = field(default_factory=list)

    def add(self, names: Iterable[str], numbers: Iterable[Styled | str]) -> None:
        """Add a row."""
        styled = (Styled(number) if isinstance(number, str) else number for number in numbers)
        self.rows.append((tuple(names), tuple(styled)))

    def add_blank_line(self) -> None:
        """Add a line that sets the rows below it apart."""
        self.rows.append(None)

    def text(self, width: int, color: bool) -> str:
        """Return the table with a blank line above and below it.

        Args:
            width: columns of the terminal.
            color: write ANSI colours.
        """
        headings = [[heading] for heading in self.numbers]
        names, numbers = self._name_widths(), self._number_widths(headings)
        if _width(names + numbers) > width:
            headings = [heading.split() for heading in self.numbers]
            numbers = self._number_widths(headings)
        fitted = _fitted(names, self._least_widths(), width - _width(numbers) - GAP * len(names))
        lines = self._lines(headings, fitted, numbers, color)
        return "\n".join(["", *(line.rstrip() for line in lines), ""])

    def _names_in(self, column: int) -> list[str]:
        return [self.names[column], *(row[0][column] for row in self.rows if row)]

    def _name_widths(self) -> list[int]:
        return [max(map(len, self._names_in(column))) for column in range(len(self.names))]

    def _least_widths(self) -> list[int]:
        columns = map(self._names_in, range(len(self.names)))
        return [max(len(piece) for name in column for piece in _pieces(name)) for column in columns]

    def _number_widths(self, headings: Sequence[Sequence[str]]) -> list[int]:
        columns = ([row[1][column].text for row in self.rows if row] for column in range(len(headings)))
        return [max(map(len, [*heading, *column])) for heading, column in zip(headings, columns, strict=True)]

    def _lines(
        self, headings: Sequence[Sequence[str]], names: list[int] | None, numbers: list[int], color: bool
    ) -> Iterator[str]:
        bold = "bold" if color else ""
        cells = [[Styled(line, bold) for line in heading] for heading in headings]
        yield from _row(self.names, cells, names, numbers, bold)
        yield " " + "─" * (_width((names or []) + numbers) - 2)
        for row in self.rows:
            if row is None:
                yield ""
            else:
                shown = [[Styled(cell.text, cell.style if color else "")] for cell in row[1]]
                yield from _row(row[0], shown, names, numbers)


def _row(
    names: Sequence[str],
    numbers: Sequence[Sequence[Styled]],
    name_widths: list[int] | None,
    number_widths: list[int],
    style: str = "",
) -> Iterator[str]:
    """Yield the lines of one row; without widths of names these stand above the numbers, each a little further in."""
    cells: list[Cell] = [
        [painted(line.text.rjust(width), line.style, True) for line in cell]
        for cell, width in zip(numbers, number_widths, strict=True)
    ]
    if name_widths is None:
        yield from (f" {'  ' * depth}{painted(name, style, True)}" for depth, name in enumerate(names) if name)
        yield from _side_by_side(cells, number_widths)
        return
    beside: list[Cell] = [
        [painted(line.ljust(width), style, True) for line in _broken(name, width)]
        for name, width in zip(names, name_widths, strict=True)
    ]
    yield from _side_by_side(beside + cells, name_widths + number_widths)


def _side_by_side(cells: Sequence[Cell], widths: Sequence[int]) -> Iterator[str]:
    for number in range(max(map(len, cells))):
        parts = (cell[number] if number < len(cell) else " " * width for cell, width in zip(cells, widths, strict=True))
        yield " " + (" " * GAP).join(parts)


def _width(columns: Sequence[int]) -> int:
    """Return the width of a line with columns of these widths, and a blank at either end."""
    return sum(columns) + GAP * (len(columns) - 1) + 2


def _pieces(name: str) -> list[str]:
    return _PIECE.findall(name) or [""]


def _broken(name: str, width: int) -> list[str]:
    """Return the lines of a name, as full as they can be."""
    lines = [""]
    for piece in _pieces(name):
        if lines[-1] and len(lines[-1]) + len(piece) > width:
            lines.append("")
        lines[-1] += piece
    return lines


def _fitted(widths: Sequence[int], least: Sequence[int], room: int) -> list[int] | None:
    """Return widths that sum to no more than the room, the widest made narrower first; None where none do."""
    fitted = list(widths)
    while sum(fitted) > room:
        shrinkable = [column for column, width in enumerate(fitted) if width > least[column]]
        if not shrinkable:
            return None
        fitted[max(shrinkable, key=fitted.__getitem__)] -= 1
    return fitted
