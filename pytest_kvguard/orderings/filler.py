"""Harmless text of a chosen length."""

from __future__ import annotations

from itertools import cycle, islice

__all__ = ["SENTENCES", "filler_text"]

SENTENCES = (
    "The river is wide here and runs slowly past the old mill. Swallows nest under its roof in spring. "
    "On clear days the hills can be seen from the bridge. The path along the bank was paved many years ago. "
    "Reeds grow where the water is shallow, and herons stand among them. In autumn the leaves of the poplars turn "
    "yellow. A ferry used to cross below the weir. Its landing stage has become a place for anglers."
)


def filler_text(words: int, text: str | None = None) -> str:
    """Return a text of exactly so many words, repeated or cut as needed."""
    return " ".join(islice(cycle((text or SENTENCES).split()), words))
