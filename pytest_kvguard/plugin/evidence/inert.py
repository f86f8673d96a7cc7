"""Fails a run in which a compressed arm equals another arm throughout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from _pytest.reports import TestReport

from pytest_kvguard.errors import InactivePolicyError
from pytest_kvguard.plugin.items.contract_item import plain_report
from pytest_kvguard.reports.inert_arms import InertArms, InertCell
from pytest_kvguard.reports.report import Event

__all__ = ["InertArmsAreErrors"]

DEAF = ("lfplugin", "stepwiseplugin", "nfplugin", "terminalreporter")
"""The plugins that count tests, or select those of the next run: no file holds this one."""


class InertArmsAreErrors:
    """Reports every inert arm as an error, as if it were a test, so that pytest's own reports name it, too.

    Args:
        config: pytest's configuration.
        arms: the arms of the run.
        tell: takes an event for the plugin's reports.
    """

    def __init__(self, config: pytest.Config, arms: InertArms, tell: Callable[[Event], None]) -> None:
        self.config = config
        self.arms = arms
        self.tell = tell

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Report the errors, and fail the run; before other plugins write what they report."""
        for finding in self.arms.findings():
            self.tell({"kind": "inert", **finding.record})
            if finding.is_proven:
                self._report(finding)
                if session.exitstatus == pytest.ExitCode.OK:
                    session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _report(self, finding: InertCell) -> None:
        error, brief = InactivePolicyError(finding.message), self.config.option.tbstyle == "line"
        report = TestReport(
            nodeid=f"kvguard::{finding.cell.slug}",
            location=("kvguard", None, finding.cell.label),
            keywords={},
            outcome="failed",
            longrepr=plain_report(Path("kvguard"), 0, error, brief),
            when="setup",
        )
        deaf = [plugin for name in DEAF if (plugin := self.config.pluginmanager.get_plugin(name))]
        self.config.pluginmanager.subset_hook_caller("pytest_runtest_logreport", deaf)(report=report)
        terminal: Any = self.config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None:
            terminal.stats.setdefault("error", []).append(report)
