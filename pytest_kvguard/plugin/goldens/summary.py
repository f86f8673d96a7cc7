"""The summary of a run's goldens; it also deletes goldens that a pruning update did not use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.pathlib import bestrelpath

from pytest_kvguard.errors import GoldenError
from pytest_kvguard.golden.key import GoldenKey
from pytest_kvguard.plugin.goldens.selection import MARK
from pytest_kvguard.plugin.narrowing import WHOLE, is_narrowed
from pytest_kvguard.plugin.options.goldens import UPDATE, GoldenOptions
from pytest_kvguard.reports.report import Event, Line, Report, RunEnd

__all__ = ["GoldenSummary", "fail_forced_update"]


class GoldenSummary(Report):
    """Shows the outcome of the goldens, and those that are recorded but unused.

    Args:
        config: pytest's configuration.
        options: the options of goldens.
    """

    reads = ("golden", "test")

    def __init__(self, config: pytest.Config, options: GoldenOptions) -> None:
        super().__init__()
        self.config = config
        self.options = options
        self.unused: dict[str, list[GoldenKey]] = {}
        self._passed: dict[str, bool] = {}
        self._problem = ""

    def take(self, event: Event) -> None:
        """Take the outcome of a golden, or of a test."""
        if event["kind"] == "golden":
            super().take(event)
            return
        test = event["nodeid"].partition("[")[0]
        passed = event["outcome"] == "passed" or event["when"] != "call"
        self._passed[test] = self._passed.get(test, True) and passed

    def close(self, run: RunEnd) -> None:
        """Determine which goldens are unused, and delete them if the options ask for it."""
        try:
            if run.head["exit_status"] in WHOLE and not is_narrowed(self.config, MARK):
                self._find_unused()
        except GoldenError as error:
            self._problem = str(error)

    def lines(self, run: RunEnd) -> Iterator[Line]:
        """Yield the lines of the summary."""
        from pytest_kvguard.reports.golden import golden_table

        folders = dict.fromkeys(event["folder"] for event in self.events)
        if folders:
            yield Line(f"kvguard goldens: {self.options.mode}", is_heading=True)
        for folder in folders:
            own = [event for event in self.events if event["folder"] == folder]
            unused = [key.title for key in self.unused.get(folder, [])]
            shown = bestrelpath(self.config.invocation_params.dir, Path(folder))
            yield Line(golden_table(own, shown, unused, self.options.prune))
        if self._problem:
            yield Line(f"kvguard: {self._problem}", "red")
        if self.options.mode == UPDATE and self.options.force:
            why = "the goldens it wrote must be reviewed and committed"
            yield Line(f"kvguard: --kv-golden-force was given, so this run fails: {why}", "red")

    def _find_unused(self) -> None:
        from pytest_kvguard.golden.store import GoldenStore

        for folder in dict.fromkeys(event["folder"] for event in self.events):
            store = GoldenStore(Path(folder))
            titles = {event["golden"] for event in self.events if event["folder"] == folder}
            unused = [key for key in store.recorded_keys() if key.title not in titles and self._concerns(key.subject)]
            self.unused[folder] = unused
            if unused and self.options.prune:
                store.remove(unused)

    def _concerns(self, subject: str) -> bool:
        """Return whether this run covers the subject of a golden, so that a golden it did not use is unused."""
        file, _, test = subject.partition("::")
        if not (self.config.rootpath / file).exists():
            return True
        if not test:
            return any(event["subject"] == subject for event in self.events)
        bare = subject.partition("#")[0].partition("[")[0]
        if bare in self._passed:
            return self._passed[bare]
        return any(ran.startswith(f"{file}::") for ran in self._passed)


def fail_forced_update(session: pytest.Session, options: GoldenOptions, exitstatus: int) -> None:
    """Fail a run that was forced to update goldens."""
    if options.mode == UPDATE and options.force and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
