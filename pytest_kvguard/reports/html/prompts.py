"""The text of prompts, shaded by the share of heads that kept each token."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pytest_kvguard.reports.html.cells import heat
from pytest_kvguard.reports.printable import printable
from pytest_kvguard.values.cell import Cell

__all__ = ["Passage", "Stretch", "prompt_maps"]

Record = dict[str, Any]


@dataclass(frozen=True)
class Stretch:
    """Adjacent tokens with the same style class.

    Attributes:
        text: the text of the tokens.
        kept: mean share of layers and KV heads that kept them.
        tokens: number of tokens.
        style: the style class of ``kept``.
    """

    text: str
    kept: float
    tokens: int
    style: str


@dataclass(frozen=True)
class Passage:
    """The tokens of one instruction, or of the frame (None) between two instructions."""

    instruction: str | None
    kept: float
    stretches: tuple[Stretch, ...]


def prompt_maps(contexts: Sequence[Record], cells: Iterable[Cell]) -> list[tuple[str, Cell, list[Passage]]]:
    """Return (title, cell, shaded text) of every context, cell by cell; the title names probes if they differ."""
    order = {cell: number for number, cell in enumerate(cells)}
    ranked = sorted(contexts, key=lambda context: (context["file"], order.get(Cell.from_record(context), len(order))))
    several = Counter(map(_place, contexts))
    titles = (
        f"{context['contract']}, {', '.join(context['probes'])}"
        if several[_place(context)] > 1
        else context["contract"]
        for context in ranked
    )
    return [
        (title, Cell.from_record(context), list(_passages(context)))
        for title, context in zip(titles, ranked, strict=True)
    ]


def _place(context: Record) -> tuple[str, Cell]:
    return context["file"], Cell.from_record(context)


def _passages(context: Record) -> Iterator[Passage]:
    tokens = zip(context["pieces"], context["instructions"], context["kept"], strict=True)
    for instruction, members in groupby(tokens, key=lambda token: token[1]):
        listed = list(members)
        yield Passage(instruction, _mean(listed), tuple(_stretches(listed)))


def _stretches(tokens: Iterable[tuple[str, str | None, float]]) -> Iterator[Stretch]:
    for style, members in groupby(tokens, key=lambda token: heat(token[2])):
        listed = list(members)
        yield Stretch(printable("".join(piece for piece, _, _ in listed)), _mean(listed), len(listed), style)


def _mean(tokens: Sequence[tuple[str, str | None, float]]) -> float:
    return sum(kept for _, _, kept in tokens) / len(tokens)
