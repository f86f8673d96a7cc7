"""The matrix contract x instruction x cell, and the heat maps of keep rates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_kvguard.reports.html.cells import mean
from pytest_kvguard.values.cell import Cell

__all__ = ["HeatRow", "MatrixEntry", "MatrixRow", "heat_maps", "matrix_rows"]

Record = dict[str, Any]

WORST_FIRST = ("ERROR", "LEAKED", "LOST", "UNSTABLE", "UNMET", "HELD")


@dataclass(frozen=True)
class MatrixEntry:
    """The outcome of one instruction under one cell.

    Attributes:
        counts: (verdict, number), the worst first.
        kept: mean keep rate; None without compression.
        case: the index of the case to read first.
        doubts: why some of the HELD prove little.
    """

    counts: tuple[tuple[str, int], ...]
    kept: float | None
    case: int
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class MatrixRow:
    """The outcomes of one instruction, one per cell; None for a cell that did not run."""

    contract: str
    instruction: str
    text: str
    cells: tuple[MatrixEntry | None, ...]


@dataclass(frozen=True)
class HeatRow:
    """The keep rates of one instruction, layer by layer."""

    contract: str
    instruction: str
    by_layer: tuple[float, ...]
    mean: float


def rank(verdict: str) -> int:
    """Return the rank of a verdict, 0 for the worst; unknown verdicts rank as UNSTABLE."""
    return WORST_FIRST.index(verdict) if verdict in WORST_FIRST else WORST_FIRST.index("UNSTABLE")


def by_instruction(cases: Iterable[Record]) -> Iterator[list[Record]]:
    """Yield the cases of each instruction, in the order of files and lines."""
    groups: dict[tuple[str, int, str, str], list[Record]] = {}
    for case in cases:
        groups.setdefault((case["file"], case["line"], case["contract"], case["instruction"]), []).append(case)
    yield from groups.values()


def matrix_rows(cases: Sequence[Record], listed: Sequence[Record], cells: Sequence[Cell]) -> list[MatrixRow]:
    """Return one row per instruction with one entry per cell; ``listed`` holds the cases in the page's numbering."""
    indices = {id(case): index for index, case in enumerate(listed)}
    rows = []
    for members in by_instruction(cases):
        first = min(members, key=lambda case: case["order_index"] < 0)  # a search may have reworded the instruction
        entries = tuple(_entry([c for c in members if Cell.from_record(c) == cell], indices) for cell in cells)
        rows.append(MatrixRow(first["contract"], first["instruction"], first["instruction_text"], entries))
    return rows


def _entry(cases: Sequence[Record], indices: dict[int, int]) -> MatrixEntry | None:
    if not cases:
        return None
    counts = sorted(Counter(case["verdict"] for case in cases).items(), key=lambda pair: rank(pair[0]))
    worst = min(cases, key=lambda case: rank(case["verdict"]))
    rates = [case["keep_rate"]["mean"] for case in cases if case["keep_rate"]]
    doubts = dict.fromkeys(doubt for case in cases for doubt in case.get("doubts", ()))
    return MatrixEntry(tuple(counts), mean(rates), indices[id(worst)], tuple(doubts))


def heat_maps(cases: Sequence[Record], cells: Sequence[Cell]) -> list[tuple[Cell, list[HeatRow]]]:
    """Return, for every compressed cell, the keep rates by instruction and layer, mean over probes and orders."""
    maps = []
    for cell in cells:
        measured = [case for case in cases if Cell.from_record(case) == cell and case["keep_rate"]]
        rows = [_heat_row(members) for members in by_instruction(measured)]
        maps += [(cell, rows)] if rows else []
    return maps


def _heat_row(cases: Sequence[Record]) -> HeatRow:
    layers = zip(*(case["keep_rate"]["by_layer"] for case in cases), strict=True)
    by_layer = tuple(sum(shares) / len(shares) for shares in layers)
    return HeatRow(cases[0]["contract"], cases[0]["instruction"], by_layer, sum(by_layer) / len(by_layer))
