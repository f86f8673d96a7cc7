"""The report for GitHub runners: a step summary in Markdown, and annotations on the contracts' lines."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pytest_kvguard.reports.accepted import newly_failed, totals_line
from pytest_kvguard.reports.gate import gate_lines
from pytest_kvguard.reports.markdown import escaped, table_row
from pytest_kvguard.reports.ownership import SUMMARY_START, is_own_summary
from pytest_kvguard.reports.printable import printable
from pytest_kvguard.reports.report import Line, RunEnd
from pytest_kvguard.reports.run_record import FAILED, RecordReport, failed_gates
from pytest_kvguard.reports.target import Target
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.gates import GateVerdict

__all__ = ["GithubReport", "error_annotations", "step_summary"]

Record = dict[str, Any]

MOST_FAILURES = 50


class GithubReport(RecordReport):
    """Appends to a GitHub runner's step summary, and prints annotations, which the runner reads from the log.

    Args:
        path: the file to append to; None for the runner's step summary.
    """

    def __init__(self, path: Path | None) -> None:
        summary = os.environ.get("GITHUB_STEP_SUMMARY")
        self.has_target = path is not None or bool(summary)
        super().__init__("GitHub", Target(path or Path(summary or "."), is_own_summary), step_summary)

    def close(self, run: RunEnd) -> None:
        """See ``Report``."""
        if self.has_target:
            self.target.append(step_summary(self.run.document(run.head)))

    def lines(self, run: RunEnd) -> Iterator[Line]:
        """See ``Report``."""
        if not self.has_target:
            yield Line("kvguard: no GitHub report: GITHUB_STEP_SUMMARY is not set, so this is no GitHub runner")
            return
        yield Line(f"kvguard: GitHub summary appended to {self.target.path}")
        workspace = Path(os.environ.get("GITHUB_WORKSPACE") or run.root)
        folder = os.path.relpath(run.root, workspace)
        yield from map(Line, error_annotations(self.run.document(run.head), folder))


def step_summary(document: Record) -> str:
    """Return the summary of a run; texts of models and contracts are escaped, so that they are never markup."""
    lines = [
        f"{SUMMARY_START}{escaped(document['run']['title'] or 'nothing ran')}, scope {document['run']['scope']}",
        "",
        _totals(document) + _accepted(document),
        "",
        *_matrix(document["cases"]),
        *_doubts(document["cases"]),
        *_gates(document["gates"]),
        *_failures(document),
    ]
    return "\n".join(lines) + "\n\n"


def error_annotations(document: Record, folder: str = ".") -> list[str]:
    """Return one workflow command per failed instruction, broken contract or gate, at its line of the contract.

    Args:
        document: the run's record.
        folder: the folder that the contracts' paths start from, relative to the repository's root.
    """
    return [
        *(
            _annotation(folder, case["file"], case["line"], title, message)
            for case, title, message in _by_line(document)
        ),
        *(_annotation(folder, b["file"], b["line"], "broken contract", b["message"]) for b in document["broken"]),
        *(
            _annotation(folder, gate["file"], 0, f"gate of {gate['contract']}", "; ".join(lines))
            for gate, lines in failed_gates(document)
        ),
    ]


def _by_line(document: Record) -> Iterator[tuple[Record, str, str]]:
    """Yield, for each instruction that failed, its first failing case, a title and a message."""
    by_line: dict[tuple[str, int, str], list[Record]] = {}
    for case in document["cases"]:
        by_line.setdefault((case["file"], case["line"], case["instruction"]), []).append(case)
    for cases in by_line.values():
        failed = [case for case in cases if case["outcome"] in FAILED]
        if failed:
            first = failed[0]
            counts = ", ".join(f"{n} {word}" for word, n in Counter(case["verdict"] for case in failed).items())
            title = f"{first['contract']} · {first['instruction']}: {counts} of {len(cases)}"
            yield first, title, f"{_cell(first)}: {first['reason']}\nrerun: {first['rerun']}"


def _annotation(folder: str, file: str, line: int, title: str, message: str) -> str:
    path = os.path.normpath(os.path.join(folder, file)).replace(os.sep, "/")
    place = f"file={_property(printable(path))}" + (f",line={line}" if line else "")
    return f"::error {place},title={_property(printable(title))}::{_data(printable(message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _totals(document: Record) -> str:
    totals = ", ".join(f"**{count}** {verdict}" for verdict, count in document["totals"].items()) or "no checks ran"
    return totals + ("" if document["complete"] else " — **incomplete: the run was stopped**")


def _accepted(document: Record) -> str:
    totals = document.get("accepted")
    return f" — against the accepted losses: {totals_line(totals)}" if totals else ""


def _matrix(cases: Sequence[Record]) -> list[str]:
    """Return the table of instructions x cells."""
    cells = list(dict.fromkeys(_cell(case) for case in cases))
    rows: dict[tuple[str, str], dict[str, Counter[str]]] = {}
    for case in cases:
        row = rows.setdefault((case["contract"], case["instruction"]), {})
        row.setdefault(_cell(case), Counter())[case["verdict"]] += 1
    if not rows:
        return []
    lines = [table_row("contract", "instruction", *map(escaped, cells)), table_row(*["---"] * (2 + len(cells)))]
    for (contract, instruction), row in rows.items():
        counts = [", ".join(f"{n} {word}" for word, n in sorted(row.get(cell, Counter()).items())) for cell in cells]
        lines.append(table_row(escaped(contract), escaped(instruction), *counts))
    return [*lines, ""]


def _doubts(cases: Sequence[Record]) -> list[str]:
    """Return each doubt about what HELD proves, with the instructions that it concerns."""
    names: dict[str, dict[str, None]] = {}
    for case in cases:
        for doubt in case.get("doubts", ()):
            names.setdefault(doubt, {})[f"{case['contract']} {case['instruction']}"] = None
    lines = [f"- {escaped(doubt)}: {', '.join(map(escaped, names[doubt]))}" for doubt in sorted(names)]
    return [*lines, ""] if lines else []


def _gates(gates: Sequence[Record]) -> list[str]:
    """Return what each gate shows; a gate that passes is not always shown to hold."""
    lines = []
    for gate in gates:
        first, *others = gate_lines(gate) if "verdict" in gate else ("",)
        if first and (gate.get("drops") or gate["verdict"] == GateVerdict.UNDECIDED):
            name = f"gate of {escaped(gate['contract'])} under {escaped(_cell(gate))}"
            lines.append(f"- {name}: {escaped(first)}")
            lines += [f"  - {escaped(line)}" for line in others]
    return [*lines, ""] if lines else []


def _failures(document: Record) -> list[str]:
    new = {case["nodeid"] for case in newly_failed(document["cases"])}
    failed = [case for case in document["cases"] if case["outcome"] in FAILED]
    failed.sort(key=lambda case: case["nodeid"] not in new)
    broken = (f"{record['file']}:{record['line']}: {record['message']}" for record in document["broken"])
    lines = [f"- {escaped(line)}" for line in broken]
    words = {True: "ERROR", False: "warning"}
    lines += [f"- {words[arm['is_proven']]}: {escaped(arm['message'])}" for arm in document.get("inert", ())]
    lines += [
        f"- gate of {escaped(gate['contract'])}: {escaped(line)}"
        for gate, why in failed_gates(document)
        for line in why
    ]
    lines += [
        f"- {'newly: ' * (case['nodeid'] in new)}{escaped(case['nodeid'])}<br>{escaped(case['reason'])}"
        for case in failed[:MOST_FAILURES]
    ]
    if len(failed) > MOST_FAILURES:
        lines.append(f"- and {len(failed) - MOST_FAILURES} more; the log and the other reports have them all")
    return ["<details><summary>What failed</summary>", "", *lines, "", "</details>"] if lines else []


def _cell(case: Record) -> str:
    return Cell.from_record(case).label
