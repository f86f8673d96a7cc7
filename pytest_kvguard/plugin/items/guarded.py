"""Guarded tests, which run models, and their parametrization over the cells of the run."""

from __future__ import annotations

import pytest

from pytest_kvguard.plugin.items.case import CaseItem
from pytest_kvguard.plugin.items.contract_file import CONTRACT_SUFFIX
from pytest_kvguard.plugin.items.contract_item import BrokenContract
from pytest_kvguard.plugin.items.gate import GateItem
from pytest_kvguard.plugin.items.golden import GoldenItem
from pytest_kvguard.plugin.items.ratio import RatioItem
from pytest_kvguard.plugin.items.search import SearchItem
from pytest_kvguard.plugin.session import session_key
from pytest_kvguard.plugin.workers.ending import end_run, is_worker
from pytest_kvguard.values.cell import NO_POLICY

__all__ = ["is_guarded", "parametrize_cells", "require_guarded_items"]

GUARDED = (BrokenContract, CaseItem, GateItem, GoldenItem, RatioItem, SearchItem)
FIXTURES = {"kv_golden", "kv_invariant", "kv_model", "kv_policy", "kv_run"}


def parametrize_cells(metafunc: pytest.Metafunc) -> None:
    """Parametrize a test over the cells of the run."""
    cells = metafunc.config.stash[session_key].settings.cells
    metafunc.parametrize("kv_policy", cells, ids=[cell.slug for cell in cells], indirect=True)


def require_guarded_items(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Raise ``pytest.UsageError`` if a policy was typed and no collected test would use it.

    A policy in an ini file does not count, so that a project can still run its ordinary tests alone. Nothing is raised
    after a collection error or under ``--lf``, because the files left out may hold guarded tests.
    """
    settings = config.stash[session_key].settings
    typed = settings.policies and (settings.given.is_typed("kv_policy") or settings.given.is_typed("kv_cache"))
    if not typed or session.testsfailed or config.getoption("lf", False) or any(is_guarded(item) for item in items):
        return
    policies = ",".join(policy.text for policy in settings.policies)
    places = ", ".join(str(arg) for arg in config.args) or "."
    message = (
        f"--kv-policy={policies} was given, but {places} holds no contract (*{CONTRACT_SUFFIX}) "
        "and no test that uses kv_run, kv_policy or kv_model: nothing would be guarded. Name your contracts' folder, "
        f"or drop --kv-policy (--kv-policy={NO_POLICY} runs the uncompressed model alone)."
    )
    if is_worker(config):
        end_run(config, message)
    raise pytest.UsageError(message)


def is_guarded(item: pytest.Item) -> bool:
    """Return whether a test is an item of a contract or uses a fixture of this plugin, so that it runs models."""
    return isinstance(item, GUARDED) or bool(FIXTURES & set(getattr(item, "fixturenames", ())))
