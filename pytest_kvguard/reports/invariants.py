"""What a person reads of the invariants: one broken promise in full, and all of them in a few lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from pytest_kvguard.reports.printable import printable
from pytest_kvguard.reports.report import Line, Report, RunEnd
from pytest_kvguard.values.cell import Cell

__all__ = [
    "BROKEN",
    "HOLDS",
    "NOT_APPLICABLE",
    "NOT_CHECKED",
    "InvariantRow",
    "InvariantTable",
    "explain_finding",
    "invariant_lines",
]

HOLDS, BROKEN, NOT_APPLICABLE, NOT_CHECKED = "holds", "broken", "not applicable", "not checked"
LABEL = 11
MOST_BROKEN = 20
"""Broken invariants of one subject that the summary shows."""


@dataclass(frozen=True)
class InvariantRow:
    """What came out of one invariant, small enough to travel between processes as JSON.

    Attributes:
        cell: what was under test; no policy where it was the kernel alone.
        model: head layout or loaded model; empty where all of them were asked.
        oracle: the invariant's name.
        outcome: ``HOLDS``, ``BROKEN``, ``NOT_APPLICABLE`` or ``NOT_CHECKED``.
        message: the finding in one line, or the reason.
    """

    cell: Cell
    model: str
    oracle: str
    outcome: str
    message: str

    @property
    def subject(self) -> str:
        """What was under test, in words."""
        return f"kernel {self.cell.kernel}" if self.cell.is_uncompressed else self.cell.label

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {**asdict(self), "cell": self.cell.record}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> InvariantRow:
        """Return the row that ``to_json`` wrote."""
        return cls(**{**values, "cell": Cell.from_record(values["cell"])})


class Found(Protocol):
    """The parts of a finding that are shown one by one."""

    @property
    def what(self) -> str: ...  # noqa: D102
    @property
    def observed(self) -> str: ...  # noqa: D102
    @property
    def expected(self) -> str: ...  # noqa: D102
    @property
    def where(self) -> str: ...  # noqa: D102
    @property
    def place(self) -> str: ...  # noqa: D102
    @property
    def crashed(self) -> bool: ...  # noqa: D102


def explain_finding(row: InvariantRow, promise: str, finding: Found, rerun: str) -> str:
    """Return the report of one broken invariant; its first line says all in one.

    Args:
        row: what was under test.
        promise: what should hold.
        finding: what is wrong.
        rerun: the command that checks it again.
    """
    lines = [f"BROKEN  {printable(row.message)}", _line("under", row.subject), _line("promise", promise)]
    if finding.crashed:
        lines.append(_line("instead", f"{finding.what}: {printable(finding.observed)}"))
    else:
        lines += [_line("compared", finding.what), _line("observed", finding.observed)]
        lines.append(_line("should be", finding.expected))
    lines += [_line(label, value) for label, value in (("at", finding.place), ("on", finding.where)) if value]
    return "\n".join([*lines, _line("rerun", rerun)])


def _line(label: str, value: str) -> str:
    return f"  {label:<{LABEL}} {value}"


class InvariantTable(Report):
    """The summary of invariants; with ``-q`` the failures themselves say what is broken."""

    reads = ("invariant",)

    def lines(self, run: RunEnd) -> Iterator[Line]:
        """See ``Report``."""
        rows = [InvariantRow.from_json(event["row"]) for event in self.events]
        if rows and not run.is_quiet:
            yield Line("kvguard: invariants", is_heading=True)
            yield from map(Line, invariant_lines(rows))


def invariant_lines(rows: Sequence[InvariantRow]) -> Iterator[str]:
    """Yield the summary: per policy or kernel how many promises hold, and in one line each what is broken."""
    for subject in dict.fromkeys(row.subject for row in rows):
        own = [row for row in rows if row.subject == subject]
        counts = Counter(row.outcome for row in own)
        checked = counts[HOLDS] + counts[BROKEN]
        rest = ", ".join(f"{counts[word]} {word}" for word in (NOT_APPLICABLE, NOT_CHECKED) if counts[word])
        yield f"{subject}: {counts[HOLDS]} of {checked} hold{f' ({rest})' if rest else ''}"
        broken = [row for row in own if row.outcome == BROKEN]
        for row in broken[:MOST_BROKEN]:
            yield f"  {printable(row.message)}"
        if len(broken) > MOST_BROKEN:
            yield f"  … and {len(broken) - MOST_BROKEN} more"
