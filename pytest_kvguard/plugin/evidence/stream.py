"""The stream that passes events to all reports, in the process that has the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from pytest_kvguard.plugin.evidence.events import events_on
from pytest_kvguard.plugin.evidence.head import run_head
from pytest_kvguard.plugin.evidence.inert import InertArmsAreErrors
from pytest_kvguard.plugin.evidence.stash import kinds_key
from pytest_kvguard.plugin.options.plugin_options import PluginOptions
from pytest_kvguard.plugin.options.reports import ReportRequest, require_writable
from pytest_kvguard.plugin.workers.ending import RERUN, is_worker
from pytest_kvguard.reports.faults import FaultTable
from pytest_kvguard.reports.inert_arms import InertArms
from pytest_kvguard.reports.invariants import InvariantTable
from pytest_kvguard.reports.kinds import make_report
from pytest_kvguard.reports.report import Event, Line, Report, RunEnd
from pytest_kvguard.reports.safe_ratios import RatioTable
from pytest_kvguard.reports.store_use import StoreLine
from pytest_kvguard.reports.summary import CheckTables

__all__ = ["EventStream", "tell", "watch_events"]

SCREENS: tuple[type[Report], ...] = (CheckTables, RatioTable, InvariantTable, FaultTable, StoreLine)
"""The reports that every run shows on the terminal, in this order."""

ALWAYS_READ = ("test", "golden", "acceptance")
WORKER_KEY = "kvguard_events"

stream_key = pytest.StashKey["EventStream"]()


def _kinds_read(options: PluginOptions, further: Sequence[Report]) -> frozenset[str]:
    """Return the kinds of events that some report of a run reads."""
    reports = [screen() for screen in SCREENS] + [make_report(r.kind, r.path) for r in options.reports] + [*further]
    return frozenset((*ALWAYS_READ, *(kind for report in reports for kind in report.reads)))


def watch_events(config: pytest.Config, options: PluginOptions, further: Sequence[Report] = ()) -> None:
    """Register the stream that passes events to reports; a worker only notes the kinds of events they read.

    Args:
        config: pytest's configuration.
        options: the user's options, with the requested reports.
        further: reports to show besides those of every run.

    Raises:
        UsageError: a report cannot be written.
    """
    config.stash[kinds_key] = _kinds_read(options, further)
    if is_worker(config):
        return
    if not config.getoption("collectonly", False):
        require_writable(options.reports)
    stream = EventStream(config, options, further)
    config.stash[stream_key] = stream
    config.pluginmanager.register(stream, "kvguard-events")
    config.pluginmanager.register(InertArmsAreErrors(config, stream.inert_arms, stream.take), "kvguard-inert-arms")


def tell(config: pytest.Config, event: Event) -> None:
    """Pass an event of the whole run to the stream; a worker sends it to the process with the terminal."""
    if is_worker(config):
        config.workeroutput.setdefault(WORKER_KEY, []).append(event)  # type: ignore[attr-defined]
    elif (stream := config.stash.get(stream_key, None)) is not None:
        stream.take(event)


class EventStream:
    """Passes events to the reports, which write their files and lines when the session ends.

    After an interruption, reports hold the tests that had finished and are marked as incomplete.
    """

    def __init__(self, config: pytest.Config, options: PluginOptions, further: Iterable[Report] = ()) -> None:
        self.config = config
        self.options = options
        self.files: list[tuple[ReportRequest, Report]] = []
        if not config.getoption("collectonly", False):
            self.files = [(request, make_report(request.kind, request.path)) for request in options.reports]
        self.screens = [screen() for screen in SCREENS]
        self.inert_arms = InertArms(options.run.cells_that_differ)
        self.screens[-1:-1] = [self.inert_arms, *further]
        self.head = run_head(config, options)
        self._title = ""
        self._problems: dict[int, str] = {}

    def take(self, event: Event) -> None:
        """Pass one event to every report that reads its kind."""
        self._title = event.get("title") or self._title
        for report in self._reports():
            if event["kind"] in report.reads:
                report.take(event)

    def _reports(self) -> list[Report]:
        return [*self.screens, *(report for _, report in self.files)]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Pass on the events of a test's report, from this process or a worker; a rerun discards the earlier ones."""
        self.head.note(report)
        if report.outcome == RERUN:
            for each in self._reports():
                each.forget(report.nodeid)
            return
        self.take({"kind": "test", "nodeid": report.nodeid, "when": report.when, "outcome": report.outcome})
        for event in events_on(report):
            self.take(event)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Pass on the events of the whole run that a worker sent."""
        for event in getattr(node, "workeroutput", {}).get(WORKER_KEY, ()):
            self.take(event)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write every report; one that fails does not stop the others."""
        run = self._run_end(session)
        for screen in self.screens:
            screen.close(run)
        for number, (request, report) in enumerate(self.files):
            try:
                report.close(run)
            except Exception as error:  # noqa: BLE001 - one failed report must stop neither the others nor the run
                self._note_problem(number, request, error)
        if self._problems and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    def _note_problem(self, number: int, request: ReportRequest, error: Exception) -> None:
        where = request.path or "the step summary"
        reason = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
        line = f"kvguard: the {request.kind} report could not be written to {where}: {reason}."
        self._problems[number] = f"{line} Free space there, or choose another path, and run again."
        if not self.config.pluginmanager.hasplugin("terminalreporter"):
            print(self._problems[number], file=sys.stderr)

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Show the lines of every report."""
        run = self._run_end(terminalreporter._session, terminalreporter)
        lines = [line for screen in self.screens for line in screen.lines(run)]
        for number, (_, report) in enumerate(self.files):
            problem = self._problems.get(number)
            lines += [Line(problem)] if problem else report.lines(run)
        _write(terminalreporter, lines)

    def _run_end(self, session: pytest.Session, terminal: Any = None) -> RunEnd:
        settings = self.options.run
        return RunEnd(
            head=self.head.record(session, int(session.exitstatus), self._title),
            cells=settings.cells,
            scope="" if settings.asks_servers else settings.scope,
            root=self.config.rootpath,
            width=terminal._tw.fullwidth if terminal else 80,
            has_color=bool(terminal and terminal.hasmarkup),
            is_quiet=self.config.get_verbosity() < 0,
        )


def _write(terminalreporter: Any, lines: Sequence[Line]) -> None:
    for line in lines:
        if line.is_heading:
            terminalreporter.section(line.text)
        else:
            terminalreporter.write_line(line.text, **({line.color: True} if line.color else {}))
