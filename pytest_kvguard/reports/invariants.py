"""The reports of invariants: one broken invariant in full, and the summary of all."""

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
    "explain_violation",
    "invariant_lines",
]

HOLDS, BROKEN, NOT_APPLICABLE, NOT_CHECKED = "holds", "broken", "not applicable", "not checked"
LABEL = 11
MOST_BROKEN = 20
"""The most broken invariants per subject in the summary."""


@dataclass(frozen=True)
class InvariantRow:
    """The outcome of one invariant, which travels between processes as JSON.

    Attributes:
        cell: the cell under test; without a policy if only the kernel is under test.
        model: head layout or loaded model; empty for all of them.
        oracle: the invariant's name.
        outcome: ``HOLDS``, ``BROKEN``, ``NOT_APPLICABLE`` or ``NOT_CHECKED``.
        message: the violation in one line, or the reason.
    """

    cell: Cell
    model: str
    oracle: str
    outcome: str
    message: str

    @property
    def subject(self) -> str:
        """The cell or kernel under test, in words."""
        return f"kernel {self.cell.kernel}" if self.cell.is_uncompressed else self.cell.label

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {**asdict(self), "cell": self.cell.record}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> InvariantRow:
        """Return the row from the values of ``to_json``."""
        return cls(**{**values, "cell": Cell.from_record(values["cell"])})


class ShownViolation(Protocol):
    """A broken invariant, with the parts that its report shows."""

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


def explain_violation(row: InvariantRow, promise: str, violation: ShownViolation, rerun: str) -> str:
    """Return the report of one broken invariant; its first line sums it up.

    Args:
        row: the outcome.
        promise: the invariant in words.
        violation: what breaks it.
        rerun: the command that checks it again.
    """
    lines = [f"BROKEN  {printable(row.message)}", _line("under", row.subject), _line("promise", promise)]
    if violation.crashed:
        lines.append(_line("instead", f"{violation.what}: {printable(violation.observed)}"))
    else:
        lines += [_line("compared", violation.what), _line("observed", violation.observed)]
        lines.append(_line("should be", violation.expected))
    lines += [_line(label, value) for label, value in (("at", violation.place), ("on", violation.where)) if value]
    return "\n".join([*lines, _line("rerun", rerun)])


def _line(label: str, value: str) -> str:
    return f"  {label:<{LABEL}} {value}"


class InvariantTable(Report):
    """The summary of invariants; left out with ``-q``, since the failures report themselves."""

    reads = ("invariant",)

    def lines(self, run: RunEnd) -> Iterator[Line]:
        """See ``Report``."""
        rows = [InvariantRow.from_json(event["row"]) for event in self.events]
        if rows and not run.is_quiet:
            yield Line("kvguard: invariants", is_heading=True)
            yield from map(Line, invariant_lines(rows))


def invariant_lines(rows: Sequence[InvariantRow]) -> Iterator[str]:
    """Yield for each policy or kernel how many invariants hold, which are broken, and why others were not asked."""
    for subject in dict.fromkeys(row.subject for row in rows):
        own = [row for row in rows if row.subject == subject]
        counts = Counter(row.outcome for row in own)
        checked = counts[HOLDS] + counts[BROKEN]
        yield f"{subject}: {counts[HOLDS]} of {checked} hold, {checked} of {len(own)} asked"
        broken = [row for row in own if row.outcome == BROKEN]
        for row in broken[:MOST_BROKEN]:
            yield f"  {printable(row.message)}"
        if len(broken) > MOST_BROKEN:
            yield f"  … and {len(broken) - MOST_BROKEN} more"
        yield from _not_asked([row for row in own if row.outcome in (NOT_APPLICABLE, NOT_CHECKED)])


def _not_asked(rows: Sequence[InvariantRow]) -> Iterator[str]:
    """Yield one line per reason why invariants were not asked, the most frequent first."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        reason = row.message if row.outcome == NOT_APPLICABLE else "the policy does not run here"
        reasons.setdefault((row.outcome, reason), []).append(row.oracle)
    for (outcome, reason), oracles in sorted(reasons.items(), key=lambda item: -len(item[1])):
        yield f"  {len(oracles)} {outcome} ({', '.join(dict.fromkeys(oracles))}): {printable(reason)}"
