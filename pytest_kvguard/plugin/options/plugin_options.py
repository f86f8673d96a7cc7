"""What the user asked of the plugin, read into one frozen value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from pytest_kvguard.errors import UsageError
from pytest_kvguard.plugin.options.declared import given_options
from pytest_kvguard.plugin.options.faults import FaultOptions
from pytest_kvguard.plugin.options.goldens import GoldenOptions
from pytest_kvguard.plugin.options.ifeval import IFEvalOptions
from pytest_kvguard.plugin.options.reports import ReportRequest, read_reports
from pytest_kvguard.runs.settings import RunSettings, read_settings

__all__ = ["PluginOptions", "read_options"]


@dataclass(frozen=True)
class PluginOptions:
    """The settings of a run, and what only pytest does with it.

    Attributes:
        run: the settings of the run.
        strict: UNMET and UNSTABLE fail.
        no_shrink: a search reports its arrangement without making it smaller.
        find_ratio: look for the largest safe ratio instead of testing under given ones.
        show_secrets: do not mask secrets in reports.
        reports: the files to write.
        ifeval: the file of ``--kv-ifeval``; None without one.
        golden: what to do with goldens.
        faults: whether and how faults are planted.
    """

    run: RunSettings
    strict: bool
    no_shrink: bool
    find_ratio: bool
    show_secrets: bool
    reports: tuple[ReportRequest, ...]
    ifeval: IFEvalOptions | None
    golden: GoldenOptions
    faults: FaultOptions


def read_options(config: pytest.Config, tell: Callable[[str], None]) -> PluginOptions:
    """Return the options, checked.

    Args:
        config: pytest's.
        tell: called with a line where an option has a former name.

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
            ifeval=IFEvalOptions.read(given),
            golden=GoldenOptions.read(given),
            faults=FaultOptions.read(given, _is_spread(config)),
        )
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None


def _is_spread(config: pytest.Config) -> bool:
    return bool(config.getoption("numprocesses", None)) or config.getoption("dist", "no") != "no"


def _find_ratio(run: RunSettings) -> bool:
    if not run.given.is_on("kv_find_ratio"):
        return False
    if run.asks_servers:
        raise UsageError("--kv-find-ratio chooses ratios, which a server cannot be told. Leave one of them out.")
    if run.given.is_typed("kv_find_ratio") and not run.policies:
        raise UsageError("--kv-find-ratio looks for a policy's ratio. Name one, e.g. --kv-policy=snapkv.")
    return bool(run.policies)
