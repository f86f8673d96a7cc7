"""The lines on the result store: how many replies came from it, and why replies could not be stored."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_kvguard.reports.report import Line, Report, RunEnd

__all__ = ["StoreLine"]


class StoreLine(Report):
    """One line on replies from the store, and one on the first problem with it in any process."""

    reads = ("store",)

    def lines(self, run: RunEnd) -> Iterator[Line]:
        """See ``Report``."""
        looked_up, computed = (sum(event[key] for event in self.events) for key in ("looked_up", "computed"))
        if looked_up and not run.is_quiet:
            yield Line(f"kvguard: {looked_up} of {looked_up + computed} replies came from the result store")
        trouble = next((event["trouble"] for event in self.events if event["trouble"]), "")
        if trouble:
            yield Line(f"kvguard: {trouble}", "yellow")
