"""The tables at the end of a run: per cell, instructions x verdicts with keep rates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from pytest_kvguard.reports.families import family_tables
from pytest_kvguard.reports.gate import gate_lines
from pytest_kvguard.reports.report import Event, Line, Report, RunEnd
from pytest_kvguard.reports.rows import SummaryRow
from pytest_kvguard.reports.screen_table import ScreenTable, Styled, painted, wrapped
from pytest_kvguard.reports.unmet import unmet_hint
from pytest_kvguard.stats.noise_floor import summarize_distances
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.gates import GateVerdict
from pytest_kvguard.values.results import Verdict

__all__ = ["CheckTables", "cell_tables", "doubt_lines", "total_line"]

VERDICTS = tuple(
    str(v) for v in (Verdict.HELD, Verdict.LOST, Verdict.LEAKED, Verdict.UNSTABLE, Verdict.UNMET, Verdict.ERROR)
)
STYLES = {
    "HELD": "green",
    "LOST": "bold red",
    "LEAKED": "bold magenta",
    "UNSTABLE": "yellow",
    "UNMET": "yellow",
    "ERROR": "bold red",
}
DOUBTFUL = "?"
"""The mark of a count of HELD of which some prove little; the lines below the table say why."""

MOST_NAMES = 12
"""The most instructions that such a line names."""

_COUNT = re.compile(rf"\d+\s({'|'.join(VERDICTS)})")


class CheckTables(Report):
    """The tables of checks, what gates show, and the IFEval families; with ``-q`` only the totals."""

    reads = ("check", "gate")

    def lines(self, run: RunEnd) -> Iterator[Line]:
        """See ``Report``."""
        rows = {event["nodeid"]: SummaryRow.from_json(event["row"]) for event in self._of("check")}
        ranked = sorted(rows.values(), key=lambda row: row.place)
        if not ranked:
            return
        if run.is_quiet:
            yield Line(f"kvguard: {total_line(ranked)}")
            yield from _nothing_compressed(ranked)
            return
        title = next(event["title"] for event in self._of("check"))
        yield Line(f"kvguard: {title}{f', scope {run.scope}' if run.scope else ''}", is_heading=True)
        yield Line(cell_tables(ranked, run.cells, run.width, run.has_color))
        yield from self._gates()
        if hint := unmet_hint(Counter(row.verdict for row in ranked)):
            yield Line(hint, "yellow")
        yield from _nothing_compressed(ranked)
        families = family_tables(ranked, run.width, run.has_color)
        if families:
            yield Line(f"\n{families}")

    def _gates(self) -> Iterator[Line]:
        """Yield a line on each gate that tests drops, and one per limit of which nothing is shown."""
        for event in self._of("gate"):
            if event["outcome"] == "error":
                continue
            name = f"{event['contract']}: {event['nodeid'].rpartition('::')[2]}"
            is_open = event["verdict"] == GateVerdict.UNDECIDED
            first, *undecided = gate_lines(event)
            if event["drops"] or is_open:
                yield Line(f"{name} is {first}", "yellow" if is_open else "")
            for line in undecided:
                yield Line(f"{name}: {line}", "yellow")

    def _of(self, kind: str) -> Iterator[Event]:
        return (event for event in self.events if event["kind"] == kind)


def _nothing_compressed(rows: Sequence[SummaryRow]) -> Iterator[Line]:
    if all(row.cell.is_uncompressed for row in rows):
        yield Line("kvguard: uncompressed only: nothing was compressed", "yellow")


def cell_tables(rows: Sequence[SummaryRow], cells: Sequence[Cell], width: int, color: bool, tables: bool = True) -> str:
    """Return one section per cell.

    Args:
        rows: finished checks.
        cells: the cells in the order they are shown; others follow.
        width: columns of the terminal.
        color: write ANSI colours.
        tables: False leaves only the totals.
    """
    sections = (_section(cell, members, width, color, tables) for cell, members in _by_cell(rows, cells))
    return "\n\n".join("\n".join(section) for section in sections)


def _section(cell: Cell, rows: Sequence[SummaryRow], width: int, color: bool, tables: bool) -> Iterator[str]:
    """Yield the blocks of lines of one cell."""
    yield painted(wrapped(_heading(cell, rows), width), "bold", color)
    if tables:
        yield _table(cell, rows).text(width, color)
        for line in doubt_lines(rows):
            yield painted(wrapped(f"{DOUBTFUL} {line}", width), "yellow", color)
    yield _COUNT.sub(lambda match: painted(match[0], STYLES[match[1]], color), wrapped(_total(rows), width))
    for line in _distances(rows):
        yield wrapped(line, width)
    for note in _distinct_notes(rows):
        yield wrapped(f"note: {note}", width)


def total_line(rows: Sequence[SummaryRow]) -> str:
    """Return the counts of verdicts over all cells, in one line."""
    return ", ".join(_counts(rows)) or "no checks ran"


def _by_cell(rows: Iterable[SummaryRow], cells: Sequence[Cell]) -> Iterator[tuple[Cell, list[SummaryRow]]]:
    members: dict[Cell, list[SummaryRow]] = {cell: [] for cell in cells}
    for row in rows:
        members.setdefault(row.cell, []).append(row)
    yield from ((cell, rows) for cell, rows in members.items() if rows)


def _heading(cell: Cell, rows: Sequence[SummaryRow]) -> str:
    measured = [row for row in rows if row.achieved_ratio is not None]
    if not measured:
        return cell.label
    contexts = _conversations(measured)
    before, after = (
        sum(getattr(row, name) for row in contexts) / len(contexts) / 2**20 for name in ("bytes_before", "bytes_after")
    )
    achieved = [row.achieved_ratio for row in measured if row.achieved_ratio is not None]
    return f"{cell.label} (achieved {_span(achieved)})\na context's cache {before:.2f} → {after:.2f} MiB on average"


def _distinct_notes(rows: Iterable[SummaryRow]) -> Iterable[str]:
    """Return the first note of each kind; notes of a kind differ only after their colon."""
    kinds: dict[str, str] = {}
    for row in rows:
        for note in row.notes:
            kinds.setdefault(note.partition(":")[0], note)
    return kinds.values()


def _conversations(rows: Iterable[SummaryRow]) -> list[SummaryRow]:
    """Return one row per conversation; several instructions may be checked in the same one."""
    return list({(row.place[0], row.contract, row.probe, row.order_index): row for row in rows}.values())


def _span(ratios: Sequence[float]) -> str:
    low, high = f"{min(ratios):.3f}", f"{max(ratios):.3f}"
    return low if low == high else f"{low}-{high}"


def _table(cell: Cell, rows: Sequence[SummaryRow]) -> ScreenTable:
    shown = [verdict for verdict in VERDICTS if any(row.verdict == verdict for row in rows)]
    compressed = not cell.is_uncompressed and not cell.is_on_server
    table = ScreenTable(("contract", "instruction"), (*shown, *["tokens kept"] * compressed))
    for contract, in_contract in _grouped(rows, "contract"):
        for number, (instruction, members) in enumerate(_grouped(in_contract, "instruction")):
            counts = Counter(row.verdict for row in members)
            kept = [Styled(_keep_rate(members))] if compressed else []
            names = contract if number == 0 else "", instruction
            doubtful = any(row.doubts for row in members)
            table.add(names, [*(_count(counts[verdict], verdict, doubtful) for verdict in shown), *kept])
    return table


def _grouped(rows: Iterable[SummaryRow], name: str) -> Iterator[tuple[str, list[SummaryRow]]]:
    order = {value: i for i, value in enumerate(dict.fromkeys(getattr(row, name) for row in rows))}
    ranked = sorted(rows, key=lambda row: order[getattr(row, name)])
    for value, members in groupby(ranked, key=lambda row: getattr(row, name)):
        yield str(value), list(members)


def _count(count: int, verdict: str, doubtful: bool) -> Styled:
    mark = DOUBTFUL if doubtful and verdict == Verdict.HELD else ""
    return Styled(f"{count}{mark}", STYLES[verdict]) if count else Styled("·", "dim")


def doubt_lines(rows: Iterable[SummaryRow]) -> Iterator[str]:
    """Yield each doubt about what HELD proves, with the instructions that it concerns."""
    names: dict[str, dict[str, None]] = {}
    for row in rows:
        for doubt in row.doubts:
            names.setdefault(doubt, {})[f"{row.contract} · {row.instruction}"] = None
    for doubt in sorted(names):
        listed = list(names[doubt])
        more = f" and {len(listed) - MOST_NAMES} more" if len(listed) > MOST_NAMES else ""
        yield f"{doubt} ({', '.join(listed[:MOST_NAMES])}{more})"


def _keep_rate(rows: Sequence[SummaryRow]) -> str:
    rates = [row.keep_rate for row in rows if row.keep_rate is not None]
    return f"{sum(rates) / len(rates):.0%}" if rates else "n/a"


def _total(rows: Sequence[SummaryRow]) -> str:
    text = ", ".join(_counts(rows))
    ran = [row for row in rows if row.compressed_tokens]
    lengths = [(row.baseline_tokens, row.compressed_tokens) for row in _conversations(ran)]
    if lengths and sum(before for before, _ in lengths):
        ratio = sum(after for _, after in lengths) / sum(before for before, _ in lengths)
        text += f"; replies {ratio:.2f}x as long as uncompressed"
    return text


def _distances(rows: Sequence[SummaryRow]) -> Iterator[str]:
    """Yield one line on the distances between a cell's replies and the uncompressed ones, with the noise floor."""
    measured = [(row.distance, row.noise) for row in _conversations(rows) if row.distance is not None]
    summary = summarize_distances([(distance, noise) for distance, noise in measured if distance is not None])
    if summary is None or summary.mean is None:
        return
    line = f"mean |Δ logprob| {summary.mean:.3f}"
    if summary.noise_ratio is not None:
        between = "" if summary.interval is None else f" ({summary.interval[0]:.1f} to {summary.interval[1]:.1f})"
        line += f", {summary.noise_ratio:.1f}{between} times the noise floor of {summary.floor:.3f}"
    elif summary.floor is not None:
        line += "; the harmless change moved nothing, so there is no noise floor"
    of = f"{summary.conversations} conversations"
    yield f"{line}; replies equal in {summary.same} of {of}, under the harmless change in {summary.same_in_floor}"


def _counts(rows: Sequence[SummaryRow]) -> list[str]:
    counts = Counter(row.verdict for row in rows)
    return [f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict]]
