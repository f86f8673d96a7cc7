"""The HTML report: a run's record as one page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pytest_kvguard.reports.accepted import newly_failed, totals_line
from pytest_kvguard.reports.difference import differences
from pytest_kvguard.reports.gate import gate_lines
from pytest_kvguard.reports.html import curves
from pytest_kvguard.reports.html.cells import cells_of
from pytest_kvguard.reports.html.matrix import heat_maps, matrix_rows, rank
from pytest_kvguard.reports.html.prompts import prompt_maps
from pytest_kvguard.reports.html.rendering import render_page
from pytest_kvguard.reports.ownership import is_own_html
from pytest_kvguard.reports.run_record import RecordReport, failed_gates
from pytest_kvguard.reports.target import Target
from pytest_kvguard.reports.unmet import unmet_hint
from pytest_kvguard.values.cell import Cell

__all__ = ["html_report", "render_html"]

Record = dict[str, Any]

NEIGHBOURS = 20
"""How many instructions of an order are shown on either side of the case's own."""


def html_report(path: Path) -> RecordReport:
    """Return the report that writes a run's record as an HTML page."""
    return RecordReport("HTML", Target(path, is_own_html), render_html)


def render_html(document: Record) -> str:
    """Return the page; texts of models and contracts are escaped, with control characters written out."""
    cases = sorted(document["cases"], key=lambda case: rank(case["verdict"]))
    cells = cells_of(cases, document["run"]["cells"])
    return render_page(
        "page.html.j2",
        run=document,
        failed_gates=list(failed_gates(document)),
        gates=[(gate, Cell.from_record(gate), gate_lines(gate)) for gate in document["gates"] if "verdict" in gate],
        cells=cells,
        rows=matrix_rows(document["cases"], cases, cells),
        totals=sorted(document["totals"].items(), key=lambda total: rank(total[0])),
        accepted=totals_line(document["accepted"]) if document.get("accepted") else "",
        newly=list(newly_failed(document["cases"])),
        unmet_hint=unmet_hint(document["totals"]),
        charts=curves.charts(cases, cells),
        plot=curves,
        heat_maps=heat_maps(document["cases"], cells),
        prompts=prompt_maps(document["contexts"], cells),
        order_of=_shown_order,
        cases=[(case, Cell.from_record(case), list(_turns(case))) for case in cases],
        contracts=list(dict.fromkeys(case["contract"] for case in document["cases"])),
    )


def _shown_order(case: Record) -> list[str]:
    """Return the order of a case, of a long one only the part around its instruction."""
    order: list[str] = case["order"]
    place = order.index(case["instruction"]) if case["instruction"] in order else 0
    start, stop = max(0, place - NEIGHBOURS), place + NEIGHBOURS + 1
    before, after = start, len(order) - stop
    return [
        *([f"{before} others"] if before > 0 else []),
        *order[start:stop],
        *([f"{after} others"] if after > 0 else []),
    ]


def _turns(case: Record) -> Iterator[tuple[str, Sequence[tuple[bool, str, str]] | None]]:
    """Yield each user turn with the differences of both replies; None if a reply is missing."""
    before, after = case["baseline"], case["compressed"]
    for number, turn in enumerate(case["turns"]):
        old = before[number]["text"] if before else ""
        new = after[number]["text"] if after else old
        yield turn, list(differences(old, new)) if before else None
