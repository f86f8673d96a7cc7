"""The summaries that a run shows only if an option asks for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_kvguard.plugin.session import KVSession
from pytest_kvguard.plugin.workers.ending import is_worker
from pytest_kvguard.reports.report import Report

__all__ = ["further_summaries"]


def further_summaries(config: pytest.Config, kv: KVSession) -> Iterator[Report]:
    """Yield the summaries that the options ask for.

    Raises:
        UsageError: the run to compare with, or the file of accepted losses, cannot be read.
    """
    options = kv.options
    if options.accept.is_on:
        from pytest_kvguard.plugin.accepted.summary import AcceptedLosses

        losses = AcceptedLosses(config, options.accept, kv.settings)
        if not is_worker(config):
            config.pluginmanager.register(losses, "kvguard-accepted-losses")
        yield losses
    if options.golden.is_on:
        from pytest_kvguard.plugin.goldens.summary import GoldenSummary

        yield GoldenSummary(config, options.golden)
    if options.compare is not None and not config.getoption("collectonly", False):
        from pytest_kvguard.reports.comparison.run_files import read_run
        from pytest_kvguard.reports.comparison.within_run import ComparedRun

        yield ComparedRun(read_run(options.compare))
