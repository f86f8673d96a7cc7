"""What a run's goldens came to, said by the process with the terminal; a forced update fails the run here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from _pytest.pathlib import bestrelpath

from pytest_kvguard.errors import GoldenError
from pytest_kvguard.plugin.golden_options import UPDATE
from pytest_kvguard.plugin.golden_selection import MARK
from pytest_kvguard.plugin.goldens import GOLDENS
from pytest_kvguard.plugin.session import KVSession
from pytest_kvguard.plugin.workers import is_worker

__all__ = ["GoldenSummary", "watch_goldens"]

WHOLE = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
NARROWED = ("keyword", "lf", "maxfail", "deselect", "stepwise")
"""pytest's options that leave tests out."""


def watch_goldens(kv: KVSession) -> None:
    """Have the goldens of the run summed up, unless they are off or another process does."""
    if kv.options.golden.is_on and not is_worker(kv.config) and not kv.config.getoption("collectonly", False):
        kv.config.pluginmanager.register(GoldenSummary(kv), "kvguard-goldens")


class GoldenSummary:
    """A plugin of the process that has the terminal."""

    def __init__(self, kv: KVSession) -> None:
        self.kv = kv
        self.outcomes: list[dict[str, str]] = []
        self.unused: dict[str, list[Any]] = {}
        self._passed: dict[str, bool] = {}
        self._problem = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the outcomes off a report, from this process or a worker."""
        self.outcomes += getattr(report, GOLDENS, [])
        test = report.nodeid.partition("[")[0]
        self._passed[test] = self._passed.get(test, True) and (report.passed or report.when != "call")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Find out what is unused; delete it if asked to; fail a forced update."""
        options = self.kv.options.golden
        try:
            if exitstatus in WHOLE and not self._is_narrowed():
                self._find_unused()
        except GoldenError as error:
            self._problem = str(error)
        if options.mode == UPDATE and options.force and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Write what came of the goldens."""
        from pytest_kvguard.reports.golden import golden_table

        options = self.kv.options.golden
        folders = dict.fromkeys(outcome["folder"] for outcome in self.outcomes)
        if folders:
            terminalreporter.section(f"kvguard goldens: {options.mode}")
        for folder in folders:
            own = [outcome for outcome in self.outcomes if outcome["folder"] == folder]
            unused = [cell.title for cell in self.unused.get(folder, [])]
            shown = bestrelpath(self.kv.config.invocation_params.dir, Path(folder))
            terminalreporter.write_line(golden_table(own, shown, unused, options.prune))
        if self._problem:
            terminalreporter.write_line(f"kvguard: {self._problem}", red=True)
        if options.mode == UPDATE and options.force:
            why = "what it wrote is to be reviewed and committed"
            terminalreporter.write_line(f"kvguard: --kv-golden-force was given, so this run fails: {why}", red=True)

    def _is_narrowed(self) -> bool:
        option = self.kv.config.option
        by_mark = getattr(option, "markexpr", "") not in ("", MARK)
        by_id = any("::" in argument for argument in self.kv.config.args)
        return by_mark or by_id or any(getattr(option, name, None) for name in NARROWED)

    def _find_unused(self) -> None:
        from pytest_kvguard.golden.store import GoldenStore

        for folder in dict.fromkeys(outcome["folder"] for outcome in self.outcomes):
            store = GoldenStore(Path(folder))
            titles = {outcome["title"] for outcome in self.outcomes if outcome["folder"] == folder}
            unused = [cell for cell in store.cells() if cell.title not in titles and self._concerns(cell.subject)]
            self.unused[folder] = unused
            if unused and self.kv.options.golden.prune:
                store.remove(unused)

    def _concerns(self, subject: str) -> bool:
        """Whether this run would have looked at a golden if anybody still did."""
        file, _, test = subject.partition("::")
        if not (self.kv.config.rootpath / file).exists():
            return True
        if not test:
            return any(outcome["subject"] == subject for outcome in self.outcomes)
        bare = subject.partition("#")[0].partition("[")[0]
        if bare in self._passed:
            return self._passed[bare]
        return any(ran.startswith(f"{file}::") for ran in self._passed)
