"""Attaches the events of items to pytest's reports, which travel from xdist's workers to the main process."""

from __future__ import annotations

from collections.abc import Container, Iterator

import pytest

from pytest_kvguard.plugin.evidence.stash import events_key, kinds_key
from pytest_kvguard.plugin.items.case import CheckItem
from pytest_kvguard.plugin.items.contract_item import BrokenContract, ContractItem
from pytest_kvguard.plugin.session import session_key
from pytest_kvguard.reports.report import Event

__all__ = ["attach_events", "events_on", "explain_error", "forget_earlier_run"]

ATTRIBUTE = "kvguard_events"
OWN_PROPERTIES = "kv_"
"""Prefix of the properties that this plugin's items add to pytest's JUnit file."""


def attach_events(item: pytest.Item, report: pytest.TestReport) -> None:
    """Attach an item's events to the report that decides its outcome, if some report of the run reads their kind."""
    if report.when != "call" and not (report.when == "setup" and report.outcome != "passed"):
        return
    kinds = item.config.stash[kinds_key]
    events = [event for event in _events_of(item, kinds) if event["kind"] in kinds]
    if events:
        test = {"file": item.nodeid.partition("::")[0], "nodeid": item.nodeid, "outcome": _outcome(report)}
        title = item.config.stash[session_key].title
        setattr(report, ATTRIBUTE, [{**event, **test, "title": title} for event in events])


def forget_earlier_run(item: pytest.Item) -> None:
    """Drop the events and properties of a test's earlier run, when a plugin reruns it in this process."""
    item.stash[events_key] = []
    item.user_properties = [entry for entry in item.user_properties if not str(entry[0]).startswith(OWN_PROPERTIES)]


def _events_of(item: pytest.Item, kinds: Container[str]) -> Iterator[Event]:
    if isinstance(item, ContractItem | BrokenContract):
        yield from item.events(kinds)
    yield from item.stash.get(events_key, ())


def _outcome(report: pytest.TestReport) -> str:
    if hasattr(report, "wasxfail"):
        return "xfailed"
    return "error" if report.when == "setup" and report.failed else report.outcome


def events_on(report: pytest.TestReport) -> list[Event]:
    """Return the events that a report carries."""
    events: list[Event] = getattr(report, ATTRIBUTE, [])
    return events


def explain_error(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Show a check's setup error as its item describes it; pytest itself would show a traceback."""
    if isinstance(item, CheckItem) and report.when == "setup" and report.failed and call.excinfo is not None:
        report.longrepr = item.repr_failure(call.excinfo)
