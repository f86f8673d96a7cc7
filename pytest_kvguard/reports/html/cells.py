"""The cells of a run, and shares as colours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pytest_kvguard.values.cell import Cell

__all__ = ["HEAT_STEPS", "cells_of", "heat", "mean"]

Record = dict[str, Any]

HEAT_STEPS = 10
"""The style sheet has a class for each step, ``k0`` to ``k10``; styles in the page itself are forbidden to it."""


def cells_of(records: Iterable[Record], declared: Iterable[Record]) -> list[Cell]:
    """Return the cells that records belong to, in the order of the command line."""
    found = {Cell.from_record(record) for record in records}
    return [cell for cell in dict.fromkeys(map(Cell.from_record, declared)) if cell in found]


def heat(share: float) -> str:
    """Return the style class of a share in 0..1."""
    return f"k{round(share * HEAT_STEPS)}"


def mean(values: Sequence[float]) -> float | None:
    """Return the mean, None of nothing."""
    return sum(values) / len(values) if values else None
