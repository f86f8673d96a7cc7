"""Marks the tests that have goldens, and refuses runs that ask for goldens and have none."""

from __future__ import annotations

import pytest

from pytest_kvguard.plugin.items.golden import GoldenItem
from pytest_kvguard.plugin.session import session_key
from pytest_kvguard.plugin.workers.ending import end_run, is_worker

__all__ = ["MARK", "mark_goldens", "require_goldens"]

MARK = "kv_golden"


def mark_goldens(items: list[pytest.Item]) -> None:
    """Mark the items that use goldens, so that ``-m kv_golden`` selects them."""
    for item in items:
        if isinstance(item, GoldenItem) or MARK in getattr(item, "fixturenames", ()):
            item.add_marker(MARK)


def require_goldens(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Raise ``pytest.UsageError`` if goldens were requested and no collected test has any."""
    options = config.stash[session_key].options.golden
    typed = options.is_on and config.stash[session_key].settings.given.is_typed("kv_golden")
    marked = any(item.get_closest_marker(MARK) for item in items)
    if not typed or session.testsfailed or config.getoption("lf", False) or marked:
        return
    places = ", ".join(str(arg) for arg in config.args) or "."
    message = (
        f"--kv-golden={options.mode} was given, but {places} holds no contract and no test that uses kv_golden: there "
        "is nothing to compare or record. Name your contracts' folder, or drop --kv-golden."
    )
    if is_worker(config):
        end_run(config, message)
    raise pytest.UsageError(message)
