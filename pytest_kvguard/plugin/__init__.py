"""The hooks of the pytest plugin. They only forward to other modules, which are imported when first needed."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from pytest_kvguard.errors import UsageError
from pytest_kvguard.external.extensions import load_extensions
from pytest_kvguard.plugin.fixtures.goldens import kv_golden
from pytest_kvguard.plugin.fixtures.runs import kv_invariant, kv_model, kv_policy, kv_run
from pytest_kvguard.plugin.options.declared import add_options
from pytest_kvguard.plugin.options.plugin_options import read_options
from pytest_kvguard.plugin.workers.ending import RERUN, is_worker

__all__ = ["kv_golden", "kv_invariant", "kv_model", "kv_policy", "kv_run"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the plugin's options."""
    add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the plugin's own hooks."""
    from pytest_kvguard.plugin import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


def pytest_configure(config: pytest.Config) -> None:
    """Read the options and create the session object."""
    if config.getoption("version", 0) or config.getoption("help", False):
        return
    from pytest_kvguard.plugin.evidence.output_masking import OutputMasking
    from pytest_kvguard.plugin.evidence.stash import former_names_key
    from pytest_kvguard.plugin.evidence.stream import watch_events
    from pytest_kvguard.plugin.evidence.summaries import further_summaries
    from pytest_kvguard.plugin.items.ifeval_file import add_ifeval_argument
    from pytest_kvguard.plugin.options.unknown_keys import refuse_unknown_keys
    from pytest_kvguard.plugin.session import KVSession, session_key

    try:
        refuse_unknown_keys(config)
        load_extensions()
        lines = config.stash.setdefault(former_names_key, [])
        config.stash[session_key] = kv = KVSession(config, read_options(config, lines.append))
        config.pluginmanager.register(OutputMasking(config, kv), "kvguard-output-masking")
        watch_events(config, kv.options, list(further_summaries(config, kv)))
        if kv.options.faults.on:
            from pytest_kvguard.plugin.faults.run import watch_faults

            watch_faults(kv)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error
    add_ifeval_argument(config)
    config.addinivalue_line("markers", "kv_golden: compares with a golden, or records one")
    config.addinivalue_line("markers", "kv_renders: renders prompts of contracts, so faults in prompts can show")
    config.addinivalue_line("markers", "kv_dealt: policies share the random models instead of each running on all")


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Show a notice for each option that was given a former name."""
    from pytest_kvguard.plugin.evidence.stash import former_names_key

    return config.stash.get(former_names_key, [])


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect contracts, those with a wrong ending as errors, and the file of ``--kv-ifeval``."""
    if file_path.name.lower().endswith((".kv.yaml", ".kv.yml", ".kv.json")):
        from pytest_kvguard.plugin.items.contract_file import ContractFile

        return ContractFile.from_parent(parent, path=file_path)
    from pytest_kvguard.plugin.items.ifeval_file import collect_ifeval

    return collect_ifeval(file_path, parent)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests that use ``kv_policy`` once per cell of the command line, and ``kv_invariant`` once per invariant."""
    if "kv_policy" in metafunc.fixturenames:
        from pytest_kvguard.plugin.items.guarded import parametrize_cells

        parametrize_cells(metafunc)
    if "kv_invariant" in metafunc.fixturenames:
        from pytest_kvguard.plugin.fixtures.invariants import parametrize_invariants

        parametrize_invariants(metafunc)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse a policy if no test runs models, and goldens if no test has any."""
    from pytest_kvguard.plugin.goldens.selection import mark_goldens, require_goldens
    from pytest_kvguard.plugin.items.guarded import require_guarded_items

    require_guarded_items(session, config, items)
    mark_goldens(items)
    require_goldens(session, config, items)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Prepare tests that draw arrangements, and tests that are rerun."""
    from pytest_kvguard.plugin.evidence.events import forget_earlier_run
    from pytest_kvguard.plugin.fixtures.drawn_tests import make_steady
    from pytest_kvguard.plugin.session import session_key

    kv = item.config.stash[session_key]
    forget_earlier_run(item)
    make_steady(item, kv.settings.seed, not kv.options.no_shrink)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach a test's events to its report, so that they reach the main process from xdist's workers."""
    report = yield
    from pytest_kvguard.plugin.evidence.concealment import conceal, conceal_error
    from pytest_kvguard.plugin.evidence.events import attach_events, explain_error

    if call.excinfo is not None:
        conceal_error(item, call.excinfo.value)
    explain_error(item, call, report)
    attach_events(item, report)
    conceal(item, report)
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Return the scheduler that sends each contract to one worker."""
    from pytest_kvguard.plugin.workers.scheduling import make_scheduler

    return make_scheduler(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_handlecrashitem(crashitem: str, report: pytest.TestReport, sched: Any) -> None:
    """Rerun an item once if its worker crashed."""
    from pytest_kvguard.plugin.workers.scheduling import forgive_crash

    forgive_crash(crashitem, report, sched)


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Return the category, letter and word of an item that is rerun."""
    return ("rerun", "R", "RERUN") if report.outcome == RERUN else None


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """End the run if a worker ended with a message for the whole run."""
    from pytest_kvguard.plugin.workers.ending import pass_on_end

    pass_on_end(node)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Close the result store, and fail a run that was forced to update goldens."""
    from pytest_kvguard.plugin.evidence.stream import tell
    from pytest_kvguard.plugin.session import session_key

    kv = session.config.stash.get(session_key, None)
    if kv is None:
        return
    use = kv.close_store()
    if use is not None:
        tell(session.config, {"kind": "store", **use})
    if kv.options.golden.is_on and not is_worker(session.config):
        from pytest_kvguard.plugin.goldens.summary import fail_forced_update

        fail_forced_update(session, kv.options.golden, exitstatus)
