"""A whole run as plain values, put together from records that arrive in any order."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["FAILED", "SCHEMA_VERSION", "RunRecord", "failed_gates", "report_schema"]

SCHEMA_VERSION = 1

FAILED = ("failed", "error")
"""The outcomes of items that fail a run."""

Record = dict[str, Any]


@cache
def report_schema() -> Mapping[str, Any]:
    """Return the JSON Schema of JSON reports, as shipped."""
    text = files("pytest_kvguard.reports").joinpath("report.schema.json").read_text(encoding="utf-8")
    schema: Mapping[str, Any] = json.loads(text)
    return schema


def failed_gates(document: Record) -> Iterator[tuple[Record, list[str]]]:
    """Yield the gates that failed and why: limits exceeded, and under ``strict`` what is undecided."""
    for gate in document["gates"]:
        if gate["outcome"] in FAILED:
            yield gate, [*gate["breaches"], *gate.get("undecided", ())]


@dataclass
class RunRecord:
    """What a run has produced so far.

    Attributes:
        title: what ran.
        head: what describes the run: options, versions, times, whether it is complete.
        cases, gates, broken: records of finished items.
        contexts: what was kept of prompts, by their content: the probes of a contract share theirs.
    """

    title: str = ""
    head: Record = field(default_factory=dict)
    cases: list[Record] = field(default_factory=list)
    gates: list[Record] = field(default_factory=list)
    broken: list[Record] = field(default_factory=list)
    contexts: dict[str, Record] = field(default_factory=dict)

    def add(self, kind: str, record: Record) -> None:
        """Take in one record: of ``cases``, ``gates``, ``broken`` or ``contexts``."""
        if kind != "contexts":
            getattr(self, kind).append(record)
            return
        content = {key: value for key, value in record.items() if key != "probes"}
        known = self.contexts.setdefault(json.dumps(content, sort_keys=True), {**content, "probes": []})
        known["probes"] = sorted({*known["probes"], *record["probes"]})

    def forget(self, nodeid: str) -> None:
        """Drop what an item has told that runs once more: its worker died after it had told it."""
        for records in (self.cases, self.gates, self.broken):
            records[:] = [record for record in records if record["nodeid"] != nodeid]

    def document(self) -> Record:
        """Return the report; the same for the same records, whichever process finished first."""
        cases = sorted(self.cases, key=lambda case: (case["file"], case["line"], case["nodeid"]))
        return {
            "version": SCHEMA_VERSION,
            **self.head,
            "totals": dict(sorted(Counter(case["verdict"] for case in cases).items())),
            "cases": cases,
            "gates": sorted(self.gates, key=_place),
            "broken": sorted(self.broken, key=_place),
            "contexts": [self.contexts[content] for content in sorted(self.contexts)],
        }


def _place(record: Record) -> tuple[str, ...]:
    return record["file"], record["nodeid"]
