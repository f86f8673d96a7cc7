"""The user's options for the plugin, read into one frozen value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_kvguard.errors import UsageError
from pytest_kvguard.plugin.options.accepted import AcceptOptions
from pytest_kvguard.plugin.options.declared import given_options
from pytest_kvguard.plugin.options.faults import FaultOptions
from pytest_kvguard.plugin.options.goldens import GoldenOptions
from pytest_kvguard.plugin.options.ifeval import IFEvalOptions
from pytest_kvguard.plugin.options.reports import ReportRequest, read_reports
from pytest_kvguard.runs.settings import RunSettings, read_settings

__all__ = ["PluginOptions", "read_options"]


@dataclass(frozen=True)
class PluginOptions:
    """The settings of a run, and the options that only the plugin has.

    Attributes:
        run: the settings of the run.
        strict: whether UNMET and UNSTABLE fail.
        no_shrink: whether a search reports its failing arrangement without shrinking it.
        find_ratio: whether to search for the largest safe ratio instead of testing at given ratios.
        show_secrets: whether reports show secrets unmasked.
        reports: the reports to write.
        compare: the report, or folder of reports, of the run to compare with; None for no comparison.
        ifeval: the options of ``--kv-ifeval``; None if no file is named.
        golden: the options of goldens.
        faults: the options of planted faults.
        accept: the options of accepted losses, and the file's content.
    """

    run: RunSettings
    strict: bool
    no_shrink: bool
    find_ratio: bool
    show_secrets: bool
    reports: tuple[ReportRequest, ...]
    compare: Path | None
    ifeval: IFEvalOptions | None
    golden: GoldenOptions
    faults: FaultOptions
    accept: AcceptOptions


def read_options(config: pytest.Config, tell: Callable[[str], None]) -> PluginOptions:
    """Return the options after checking them.

    Args:
        config: pytest's configuration.
        tell: called with a notice if an option has a former name.

    Raises:
        pytest.UsageError: an option is unknown, out of range, or contradicts another.
    """
    given = given_options(config)
    try:
        run = read_settings(given, tell=tell)
        return PluginOptions(
            run=run,
            strict=given.is_on("kv_strict"),
            no_shrink=given.is_on("kv_no_shrink"),
            find_ratio=_find_ratio(run),
            show_secrets=given.is_on("kv_show_secrets"),
            reports=read_reports(given),
            compare=given.path("kv_compare"),
            ifeval=IFEvalOptions.read(given),
            golden=GoldenOptions.read(given),
            faults=FaultOptions.read(given, _is_spread(config)),
            accept=AcceptOptions.read(given),
        )
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None


def _is_spread(config: pytest.Config) -> bool:
    return bool(config.getoption("numprocesses", None)) or config.getoption("dist", "no") != "no"


def _find_ratio(run: RunSettings) -> bool:
    if not run.given.is_on("kv_find_ratio"):
        return False
    if run.asks_servers:
        raise UsageError("--kv-find-ratio sets ratios, which servers do not accept. Drop it, or test without servers.")
    if run.given.is_typed("kv_find_ratio") and not run.policies:
        raise UsageError("--kv-find-ratio searches for a policy's ratio. Name a policy, e.g. --kv-policy=snapkv.")
    return bool(run.policies)
