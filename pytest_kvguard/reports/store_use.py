"""How much of a run came from the result store, and what kept replies from being stored."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_kvguard.reports.report import Line, Report, RunEnd

__all__ = ["StoreLine"]


class StoreLine(Report):
    """One line on what was looked up, and one on trouble; a trouble that several processes have is told once."""

    reads = ("store",)

    def lines(self, run: RunEnd) -> Iterator[Line]:
        """See ``Report``."""
        looked_up, computed = (sum(event[key] for event in self.events) for key in ("looked_up", "computed"))
        if looked_up and not run.is_quiet:
            yield Line(f"kvguard: {looked_up} of {looked_up + computed} replies came from the result store")
        trouble = next((event["trouble"] for event in self.events if event["trouble"]), "")
        if trouble:
            yield Line(f"kvguard: {trouble}", "yellow")
