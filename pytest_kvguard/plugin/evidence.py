"""Carries results from items to the summary, over xdist too."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kvguard.plugin.session import KVSession, session_key
from pytest_kvguard.reports.rows import SummaryRow

__all__ = ["attach_row", "write_summary"]

ATTRIBUTE = "kvguard_row"


def attach_row(item: pytest.Item, report: pytest.TestReport) -> None:
    """Put a case's summary row on the report that decides its outcome."""
    result = getattr(item, "result", None)
    decided = report.when == "call" or (report.when == "setup" and report.outcome != "passed")
    if result is not None and decided:
        setattr(report, ATTRIBUTE, SummaryRow.of(result, item.nodeid).to_json())


def collect_rows(terminalreporter: Any) -> list[SummaryRow]:
    """Return the rows on all reports, in the order pytest counts them."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    rows = [getattr(report, ATTRIBUTE) for report in reports if getattr(report, ATTRIBUTE, None)]
    return sorted((SummaryRow.from_json(row) for row in rows), key=lambda row: row.nodeid)


def write_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Write the tables; with -q only the totals."""
    kv: KVSession | None = config.stash.get(session_key, None)
    rows = collect_rows(terminalreporter) if kv else []
    if kv is None or not rows:
        return
    from pytest_kvguard.reports.summary import cell_tables, total_line

    quiet = config.get_verbosity() < 0
    if quiet:
        terminalreporter.write_line(f"kvguard: {total_line(rows)}")
        return
    terminalreporter.section(f"kvguard: {kv.title or kv.options.model}, scope {kv.options.scope}")
    width = terminalreporter._tw.fullwidth
    terminalreporter.write_line(cell_tables(rows, width, terminalreporter.hasmarkup))
