"""The cells of a run, and style classes for shares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pytest_kvguard.values.cell import Cell

__all__ = ["HEAT_STEPS", "cells_of", "heat", "mean"]

Record = dict[str, Any]

HEAT_STEPS = 10
"""The style sheet has a class for each step, ``k0`` to ``k10``, because the page forbids inline styles."""


def cells_of(records: Iterable[Record], declared: Iterable[Record]) -> list[Cell]:
    """Return the cells of records, in the order of the command line."""
    present = {Cell.from_record(record) for record in records}
    return [cell for cell in dict.fromkeys(map(Cell.from_record, declared)) if cell in present]


def heat(share: float) -> str:
    """Return the style class of a share in 0..1."""
    return f"k{round(share * HEAT_STEPS)}"


def mean(values: Sequence[float]) -> float | None:
    """Return the mean; None without values."""
    return sum(values) / len(values) if values else None
