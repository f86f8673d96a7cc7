"""The record of a whole run as plain values, collected from events that arrive in any order."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from pytest_kvguard.reports.accepted import acceptance_totals
from pytest_kvguard.reports.report import Event, Line, Report, RunEnd
from pytest_kvguard.reports.target import Target

__all__ = ["FAILED", "SCHEMA_VERSION", "RecordReport", "RunRecord", "failed_gates", "report_schema"]

SCHEMA_VERSION = 2

FAILED = ("failed", "error")
"""The item outcomes that fail a run."""

Record = dict[str, Any]


@cache
def report_schema() -> Mapping[str, Any]:
    """Return the JSON Schema of JSON reports."""
    text = files("pytest_kvguard.reports").joinpath("report.schema.json").read_text(encoding="utf-8")
    schema: Mapping[str, Any] = json.loads(text)
    return schema


def failed_gates(document: Record) -> Iterator[tuple[Record, list[str]]]:
    """Yield each failed gate with its reasons: exceeded limits, and under ``strict`` undecided ones."""
    for gate in document["gates"]:
        if gate["outcome"] in FAILED:
            yield gate, [*gate["breaches"], *gate.get("undecided", ())]


@dataclass
class RunRecord:
    """The records of a run so far.

    Attributes:
        cases, gates, broken: records of finished items.
        inert: the arms that equal another arm throughout.
        contexts: which tokens of prompts were kept, keyed by content because the probes of a contract share it.
    """

    cases: list[Record] = field(default_factory=list)
    gates: list[Record] = field(default_factory=list)
    broken: list[Record] = field(default_factory=list)
    inert: list[Record] = field(default_factory=list)
    contexts: dict[str, Record] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        """Add one event of the kinds that ``RecordReport`` reads."""
        record = {key: value for key, value in event.items() if key not in ("kind", "title")}
        if event["kind"] != "context":
            kinds = {"case": self.cases, "gate": self.gates, "broken": self.broken, "inert": self.inert}
            kinds[event["kind"]].append(record)
            return
        content = {key: value for key, value in record.items() if key not in ("probes", "nodeid", "outcome")}
        known = self.contexts.setdefault(json.dumps(content, sort_keys=True), {**content, "probes": []})
        known["probes"] = sorted({*known["probes"], *record["probes"]})

    def forget(self, nodeid: str) -> None:
        """Drop the records of an item that runs again because its worker died after sending them."""
        for records in (self.cases, self.gates, self.broken):
            records[:] = [record for record in records if record["nodeid"] != nodeid]

    def document(self, head: Record) -> Record:
        """Return the report's document, which does not depend on the order of events.

        Args:
            head: the description of the run: options, versions, times, whether it is complete.
        """
        cases = sorted(self.cases, key=lambda case: (case["file"], case["line"], case["nodeid"]))
        return {
            "version": SCHEMA_VERSION,
            **head,
            "totals": dict(sorted(Counter(case["verdict"] for case in cases).items())),
            "accepted": acceptance_totals(cases),
            "cases": cases,
            "gates": sorted(self.gates, key=_place),
            "broken": sorted(self.broken, key=_place),
            "inert": self.inert,
            "contexts": [self.contexts[content] for content in sorted(self.contexts)],
        }


class RecordReport(Report):
    """A report file that is rendered from the record of the whole run.

    Args:
        name: the report's name on the terminal.
        target: the file.
        render: record → the file's text.
    """

    reads = ("case", "context", "gate", "broken", "inert")

    def __init__(self, name: str, target: Target, render: Callable[[Record], str]) -> None:
        super().__init__()
        self.name = name
        self.target = target
        self.render = render
        self.run = RunRecord()

    def take(self, event: Event) -> None:
        """See ``Report``."""
        self.run.add(event)

    def forget(self, nodeid: str) -> None:
        """See ``Report``."""
        self.run.forget(nodeid)

    def close(self, run: RunEnd) -> None:
        """See ``Report``."""
        self.target.replace(self.render(self.run.document(run.head)))

    def lines(self, run: RunEnd) -> Iterator[Line]:
        """See ``Report``."""
        yield Line(f"kvguard: {self.name} report written to {self.target.path}")


def _place(record: Record) -> tuple[str, ...]:
    return record["file"], record["nodeid"]
