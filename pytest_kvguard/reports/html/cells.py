"""Policies x ratios x kernels as the page names them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_kvguard.backends.specs import NO_POLICY

__all__ = ["HEAT_STEPS", "Cell", "cells_of", "heat", "labels_of", "mean"]

Record = dict[str, Any]

HEAT_STEPS = 10
"""The style sheet has a class for each step, ``k0`` to ``k10``; styles in the page itself are forbidden to it."""


@dataclass(frozen=True)
class Cell:
    """One policy at one ratio on one kernel."""

    policy: str
    ratio: str
    kernel: str

    @classmethod
    def of(cls, record: Record) -> Cell:
        """Return the cell a record belongs to."""
        return cls(record["policy"], record["ratio"], record["kernel"])


def labels_of(cells: Sequence[Cell]) -> dict[Cell, str]:
    """Return cells in a few words; the kernel is named where there are several."""
    kernels = len({cell.kernel for cell in cells})
    names = {cell: "uncompressed" if cell.policy == NO_POLICY else f"{cell.policy} {cell.ratio}" for cell in cells}
    return {cell: f"{name}, {cell.kernel}" if kernels > 1 else name for cell, name in names.items()}


def cells_of(records: Iterable[Record], declared: Iterable[Record]) -> list[Cell]:
    """Return the cells that records belong to, in the order of the command line."""
    found = {Cell.of(record) for record in records}
    return [cell for cell in dict.fromkeys(map(Cell.of, declared)) if cell in found]


def heat(share: float) -> str:
    """Return the style class of a share in 0..1."""
    return f"k{round(share * HEAT_STEPS)}"


def mean(values: Sequence[float]) -> float | None:
    """Return the mean, None of nothing."""
    return sum(values) / len(values) if values else None
