"""The tables of IFEval families: adherence of both arms, and its margin above the junk floor."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pytest_kvguard.reports.rows import SummaryRow
from pytest_kvguard.values.cell import Cell

__all__ = ["Adherence", "family_tables"]

LEGEND = 'floor: share of degenerate replies ("12345", a bare refusal) that obey; above floor: in points'


@dataclass(frozen=True)
class Adherence:
    """The shares of checks that hold, 0..1, over the same checks on both arms.

    Attributes:
        checks: number of checks.
        uncompressed, compressed: share that holds; ``compressed`` is None without a policy.
        junk_floor: mean share of degenerate replies that obey; None unless it is known for every check.
    """

    checks: int
    uncompressed: float
    compressed: float | None
    junk_floor: float | None

    @classmethod
    def over(cls, rows: Sequence[SummaryRow]) -> Adherence:
        """Return the adherence over rows whose arms ran; every check has the same weight."""
        checks = sum(row.checks for row in rows)
        floors = [row.junk_floor * row.checks for row in rows if row.junk_floor is not None]
        compressed = [row.held_compressed for row in rows if row.held_compressed is not None]
        return cls(
            checks=checks,
            uncompressed=sum(row.held_uncompressed for row in rows) / checks,
            compressed=sum(compressed) / checks if len(compressed) == len(rows) else None,
            junk_floor=sum(floors) / checks if len(floors) == len(rows) else None,
        )

    def above_junk(self, share: float | None) -> float | None:
        """Return a share minus the junk floor, -1..1; None if either is not known."""
        return None if share is None or self.junk_floor is None else share - self.junk_floor


def family_tables(rows: Iterable[SummaryRow], width: int, color: bool) -> str:
    """Return one table per cell over the checks of IFEval instructions; empty without such checks."""
    cells: dict[Cell, list[SummaryRow]] = {}
    for row in rows:
        if row.family:
            cells.setdefault(row.cell, []).append(row)
    stream = io.StringIO()
    console = Console(
        file=stream, width=width, force_terminal=color, color_system="standard" if color else None, highlight=False
    )
    for cell, members in cells.items():
        console.print(Text(f"IFEval adherence by family: {cell.label}", style="bold"))
        ran = [row for row in members if row.checks]
        if ran:
            console.print(_table(ran, not cell.is_uncompressed))
            console.print(LEGEND)
        if len(ran) < len(members):
            console.print(f"{len(members) - len(ran)} checks could not run and are not counted above")
    return stream.getvalue().rstrip("\n")


def _table(rows: Sequence[SummaryRow], compressed: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("family", no_wrap=True)
    headings = ["checks", "uncompressed", *(["compressed"] if compressed else []), "floor", "above floor"]
    for name in headings:
        table.add_column(name, justify="right", no_wrap=True)
    families = sorted({row.family for row in rows})
    for family in families:
        _add(table, family, [row for row in rows if row.family == family], compressed)
    if len(families) > 1:
        table.add_section()
        _add(table, "all", rows, compressed)
    return table


def _add(table: Table, name: str, rows: Sequence[SummaryRow], compressed: bool) -> None:
    adherence = Adherence.over(rows)
    before = _points(adherence.above_junk(adherence.uncompressed))
    above = f"{before} → {_points(adherence.above_junk(adherence.compressed))}" if compressed else before
    after = [_percent(adherence.compressed)] if compressed else []
    table.add_row(
        name, str(adherence.checks), _percent(adherence.uncompressed), *after, _percent(adherence.junk_floor), above
    )


def _percent(share: float | None) -> str:
    return "n/a" if share is None else f"{share:.0%}"


def _points(share: float | None) -> str:
    return "n/a" if share is None else f"{100 * share:+.0f}"
