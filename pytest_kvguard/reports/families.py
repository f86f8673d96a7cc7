"""The tables of IFEval families: adherence of both arms, and its margin above the junk floor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pytest_kvguard.reports.rows import SummaryRow
from pytest_kvguard.reports.screen_table import ScreenTable, painted, wrapped
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
    return "\n".join(line for cell, members in cells.items() for line in _section(cell, members, width, color))


def _section(cell: Cell, rows: Sequence[SummaryRow], width: int, color: bool) -> Iterator[str]:
    """Yield the blocks of lines of one cell."""
    yield painted(wrapped(f"IFEval adherence by family: {cell.label}", width), "bold", color)
    ran = [row for row in rows if row.checks]
    if ran:
        yield _table(ran, not cell.is_uncompressed).text(width, color)
        yield wrapped(LEGEND, width)
    if len(ran) < len(rows):
        yield f"{len(rows) - len(ran)} checks could not run and are not counted above"


def _table(rows: Sequence[SummaryRow], compressed: bool) -> ScreenTable:
    headings = ["checks", "uncompressed", *(["compressed"] if compressed else []), "floor", "above floor"]
    table = ScreenTable(("family",), tuple(headings))
    families = sorted({row.family for row in rows})
    for family in families:
        _add(table, family, [row for row in rows if row.family == family], compressed)
    if len(families) > 1:
        table.add_blank_line()
        _add(table, "all", rows, compressed)
    return table


def _add(table: ScreenTable, name: str, rows: Sequence[SummaryRow], compressed: bool) -> None:
    adherence = Adherence.over(rows)
    before = _points(adherence.above_junk(adherence.uncompressed))
    above = f"{before} → {_points(adherence.above_junk(adherence.compressed))}" if compressed else before
    after = [_percent(adherence.compressed)] if compressed else []
    shares = [_percent(adherence.uncompressed), *after, _percent(adherence.junk_floor)]
    table.add([name], [str(adherence.checks), *shares, above])


def _percent(share: float | None) -> str:
    return "n/a" if share is None else f"{share:.0%}"


def _points(share: float | None) -> str:
    return "n/a" if share is None else f"{100 * share:+.0f}"
