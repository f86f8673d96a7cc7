"""Single steps that make a failing arrangement smaller, plainer, or nearer to the written order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pytest_kvguard.contract.model import Contract, Orderings
from pytest_kvguard.orderings.arrangement import Arrangement, Inserted, inversions

__all__ = ["Part", "nearer_orders", "parts_of", "plainer_texts", "without_parts"]

Part = str | Inserted
"""An instruction's id, or an inserted text."""


def parts_of(arrangement: Arrangement, keep: str) -> tuple[Part, ...]:
    """Return the parts that may be left out, inserted texts first; ``keep`` is not among them."""
    return (*arrangement.inserted, *(name for name in arrangement.order if name != keep))


def without_parts(arrangement: Arrangement, parts: Sequence[Part]) -> Arrangement:
    """Return the arrangement without some parts."""
    inserted = tuple(piece for piece in arrangement.inserted if piece not in parts)
    smaller = replace(arrangement, inserted=inserted)
    for part in parts:
        if isinstance(part, str):
            smaller = smaller.without(part)
    return smaller


def plainer_texts(arrangement: Arrangement) -> Iterator[Arrangement]:
    """Yield the arrangement with one paraphrase replaced by the written text, or with less filler."""
    for phrasing in arrangement.phrasings:
        yield replace(arrangement, phrasings=tuple(other for other in arrangement.phrasings if other != phrasing))
    for number, piece in enumerate(arrangement.inserted):
        for words in dict.fromkeys(piece.words * eighths // 8 for eighths in (1, 2, 4, 6, 7)):
            if 0 < words < piece.words:
                shorter = list(arrangement.inserted)
                shorter[number] = replace(piece, words=words)
                yield replace(arrangement, inserted=tuple(shorter))


def nearer_orders(arrangement: Arrangement, contract: Contract) -> list[Arrangement]:
    """Return the arrangements in which moving one instruction swaps fewer pairs, nearest to the written order first."""
    written, order = contract.written_order, arrangement.order
    pins = contract.orderings or Orderings()
    free = [name for name in order if name not in {*pins.first, *pins.last}]
    start = sum(name in pins.first for name in order)
    moved = {tuple(sorted(free, key=written.index)): None}
    for place, name in enumerate(free):
        rest = [*free[:place], *free[place + 1 :]]
        moved.update(dict.fromkeys((*rest[:to], name, *rest[to:]) for to in range(len(free))))
    orders = [(*order[:start], *middle, *order[start + len(free) :]) for middle in moved]
    distance = {other: inversions(other, written) for other in orders}
    nearer = [other for other in orders if distance[other] < inversions(order, written)]
    return [replace(arrangement, order=other) for other in sorted(nearer, key=lambda other: distance[other])]
