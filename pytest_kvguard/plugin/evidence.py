"""Carries results from items to the summary, over xdist too."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kvguard.plugin.items import CaseItem, GateItem
from pytest_kvguard.plugin.search_items import SearchItem
from pytest_kvguard.plugin.session import KVSession, session_key
from pytest_kvguard.reports.rows import SummaryRow

__all__ = ["attach_row", "explain_error", "write_summary"]

ROW = "kvguard_row"
TITLE = "kvguard_title"
UNDECIDED = "kvguard_undecided"


def attach_row(item: pytest.Item, report: pytest.TestReport) -> None:
    """Put a case's summary row, or what a gate left undecided, on the report that decides the outcome."""
    decided = report.when == "call" or (report.when == "setup" and report.outcome != "passed")
    if isinstance(item, CaseItem | SearchItem) and item.result is not None and decided:
        setattr(report, ROW, SummaryRow.of(item.result, item.nodeid, item.line, _family(item)).to_json())
        setattr(report, TITLE, item.config.stash[session_key].title)
    if isinstance(item, GateItem) and item.result is not None and report.when == "call":
        lines = [f"{item.contract.name}: {item.name} is undecided. {line}" for line in item.result.undecided]
        setattr(report, UNDECIDED, lines)


def _family(item: CaseItem | SearchItem) -> str:
    """Return the family of the IFEval instruction whose adherence an item measures, or nothing.

    An attack looks for leaks alone, and a search for the worst arrangement: neither says how often one is obeyed.
    """
    if isinstance(item, SearchItem):
        return ""
    from pytest_kvguard.verifiers.ifeval_reply import family

    probe = next(probe for probe in item.contract.probes if probe.id == item.case.probe)
    checks = dict(item.contract.instruction(item.case.instruction).under(probe).checks)
    return family(checks["ifeval"]) if "ifeval" in checks else ""


def explain_error(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Report what kept a case from running as its item would; of a setup pytest shows the traceback otherwise."""
    if (
        isinstance(item, CaseItem | SearchItem)
        and report.when == "setup"
        and report.failed
        and call.excinfo is not None
    ):
        report.longrepr = item.repr_failure(call.excinfo)


def collect_evidence(terminalreporter: Any) -> tuple[list[SummaryRow], str]:
    """Return the rows on all reports, in file order, and the title of what ran."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports if hasattr(report, ROW)]
    rows = [SummaryRow.from_json(getattr(report, ROW)) for report in reports]
    once = {row.nodeid: row for row in rows}.values()  # one whose worker died after it had reported has run twice
    return sorted(once, key=lambda row: row.place), next((getattr(report, TITLE) for report in reports), "")


def write_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Write the tables; with -q only the totals."""
    kv: KVSession | None = config.stash.get(session_key, None)
    rows, title = collect_evidence(terminalreporter)
    if kv is None or not rows:
        return
    from pytest_kvguard.reports.families import family_tables
    from pytest_kvguard.reports.summary import cell_tables, total_line

    quiet = config.get_verbosity() < 0
    if quiet:
        terminalreporter.write_line(f"kvguard: {total_line(rows)}")
        return
    scope = "" if kv.options.asks_servers else f", scope {kv.options.scope}"
    terminalreporter.section(f"kvguard: {title}{scope}")
    width = terminalreporter._tw.fullwidth
    terminalreporter.write_line(cell_tables(rows, width, terminalreporter.hasmarkup))
    for report in (report for reports in terminalreporter.stats.values() for report in reports):
        for line in getattr(report, UNDECIDED, ()):
            terminalreporter.write_line(line, yellow=True)
    families = family_tables(rows, width, terminalreporter.hasmarkup)
    if families:
        terminalreporter.write_line(f"\n{families}")
