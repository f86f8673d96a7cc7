"""A run compared with an earlier one as soon as it ends."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_kvguard.errors import UsageError
from pytest_kvguard.reports.comparison.compare import Comparison, compare_runs
from pytest_kvguard.reports.comparison.run_files import Run
from pytest_kvguard.reports.comparison.screen import comparison_text
from pytest_kvguard.reports.report import Event, Line, Report, RunEnd
from pytest_kvguard.reports.run_record import RecordReport, RunRecord
from pytest_kvguard.stats.run_changes import Direction

__all__ = ["ComparedRun"]

COLORS = {Direction.WORSE: "red", Direction.BETTER: "green", Direction.NOT_SHOWN: ""}


class ComparedRun(Report):
    """Shows how a run differs from an earlier one; the outcome of the run stays.

    Args:
        before: the earlier run.
    """

    reads = RecordReport.reads

    def __init__(self, before: Run) -> None:
        super().__init__()
        self.before = before
        self.run = RunRecord()

    def take(self, event: Event) -> None:
        """See ``Report``."""
        self.run.add(event)

    def forget(self, nodeid: str) -> None:
        """See ``Report``."""
        self.run.forget(nodeid)

    def lines(self, run: RunEnd) -> Iterator[Line]:
        """See ``Report``."""
        yield Line(f"kvguard: compared with {self.before.name}", is_heading=True)
        try:
            comparison = self._comparison(run)
        except UsageError as error:
            yield Line(str(error), "red")
            return
        *rest, verdict = comparison_text(comparison).rpartition("\n\n")
        yield Line(rest[0])
        yield Line(verdict, COLORS[comparison.direction])

    def _comparison(self, run: RunEnd) -> Comparison:
        return compare_runs(self.before, Run("this run", (self.run.document(run.head),)))
