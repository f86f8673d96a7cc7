"""The pytest plugin. Hooks only; each forwards to the session object or to collection."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from pytest_kvguard.plugin.fixtures import kv_invariant, kv_model, kv_policy, kv_run
from pytest_kvguard.plugin.golden_fixture import kv_golden
from pytest_kvguard.plugin.options import add_options, former_names, read_options
from pytest_kvguard.plugin.workers import RERUN

__all__ = ["kv_golden", "kv_invariant", "kv_model", "kv_policy", "kv_run"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare our own hooks."""
    from pytest_kvguard.plugin import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


def pytest_configure(config: pytest.Config) -> None:
    """Read the options and make the session object."""
    if config.getoption("version", 0) or config.getoption("help", False):
        return
    from pytest_kvguard.plugin.extensions import use_extensions
    from pytest_kvguard.plugin.ifeval import add_ifeval_argument
    from pytest_kvguard.plugin.session import KVSession, session_key

    use_extensions()
    config.stash[session_key] = kv = KVSession(config, read_options(config))
    add_ifeval_argument(config)
    config.addinivalue_line("markers", "kv_golden: compares with a golden, or records one")
    config.addinivalue_line("markers", "kv_renders: makes prompts of contracts, so that faults of prompts can be seen")
    config.addinivalue_line("markers", "kv_dealt: its policies share the random models instead of each running on all")
    if kv.options.reports:
        from pytest_kvguard.plugin.report_files import start_reports

        start_reports(kv)
    if kv.options.golden.is_on:
        from pytest_kvguard.plugin.golden_summary import watch_goldens

        watch_goldens(kv)
    if kv.options.faults.on:
        from pytest_kvguard.plugin.faults import watch_faults

        watch_faults(kv)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Tell of former names, once per run."""
    return former_names(config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect contracts, and the file of ``--kv-ifeval``."""
    if file_path.name.endswith(".kv.yaml"):
        from pytest_kvguard.plugin.collection import ContractFile

        return ContractFile.from_parent(parent, path=file_path)
    from pytest_kvguard.plugin.ifeval import collect_ifeval

    return collect_ifeval(file_path, parent)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests that use ``kv_policy`` once per cell of the command line, and ``kv_invariant`` once per invariant."""
    if "kv_policy" in metafunc.fixturenames:
        from pytest_kvguard.plugin.cells import parametrize_cells

        parametrize_cells(metafunc)
    if "kv_invariant" in metafunc.fixturenames:
        from pytest_kvguard.plugin.invariants import parametrize_invariants

        parametrize_invariants(metafunc)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse a policy that nothing is tested under, and goldens that nothing has."""
    from pytest_kvguard.plugin.cells import require_guarded_items
    from pytest_kvguard.plugin.golden_selection import mark_goldens, require_goldens

    require_guarded_items(session, config, items)
    mark_goldens(items)
    require_goldens(session, config, items)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Prepare tests that draw arrangements."""
    from pytest_kvguard.plugin.hypothesis_tests import make_steady
    from pytest_kvguard.plugin.session import session_key

    options = item.config.stash[session_key].options
    make_steady(item, options.seed, not options.no_shrink)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach the evidence to the report, so that it travels from xdist's workers."""
    report = yield
    from pytest_kvguard.plugin.concealment import conceal
    from pytest_kvguard.plugin.evidence import attach_row, explain_error
    from pytest_kvguard.plugin.goldens import attach_goldens
    from pytest_kvguard.plugin.invariants import attach_invariant
    from pytest_kvguard.plugin.ratio_items import attach_ratio
    from pytest_kvguard.plugin.report_records import attach_records

    explain_error(item, call, report)
    attach_row(item, report)
    attach_records(item, report)
    attach_invariant(item, report)
    attach_goldens(item, report)
    attach_ratio(item, report)
    conceal(item, report)
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each of xdist's workers whole contracts."""
    from pytest_kvguard.plugin.scheduling import make_scheduler

    return make_scheduler(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_handlecrashitem(crashitem: str, report: pytest.TestReport, sched: Any) -> None:
    """Let what a worker died of run once more."""
    from pytest_kvguard.plugin.scheduling import forgive_crash

    forgive_crash(crashitem, report, sched)


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Tell of items that run once more."""
    return ("rerun", "R", "RERUN") if report.outcome == RERUN else None


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """End the run when one of xdist's workers found that it cannot go on."""
    from pytest_kvguard.plugin.store_summary import add_worker
    from pytest_kvguard.plugin.workers import pass_on_end

    add_worker(node)
    pass_on_end(node)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave the result store in order."""
    from pytest_kvguard.plugin.store_summary import end_store

    end_store(session)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Write the tables."""
    from pytest_kvguard.plugin.evidence import write_summary
    from pytest_kvguard.plugin.invariants import write_invariants
    from pytest_kvguard.plugin.ratio_items import write_ratios
    from pytest_kvguard.plugin.store_summary import write_store_use

    write_summary(terminalreporter, config)
    write_ratios(terminalreporter, config)
    write_invariants(terminalreporter)
    write_store_use(terminalreporter)
