"""Python tests and the cells of the command line."""

from __future__ import annotations

import pytest

from pytest_kvguard.backends.specs import NO_POLICY
from pytest_kvguard.plugin.collection import CONTRACT_SUFFIX, point_label
from pytest_kvguard.plugin.golden_items import GoldenItem
from pytest_kvguard.plugin.items import BrokenContract, CaseItem, GateItem
from pytest_kvguard.plugin.ratio_items import RatioItem
from pytest_kvguard.plugin.search_items import SearchItem
from pytest_kvguard.plugin.session import session_key
from pytest_kvguard.plugin.workers import end_run, is_worker

__all__ = ["is_guarded", "parametrize_cells", "require_guarded_items"]

GUARDED = (BrokenContract, CaseItem, GateItem, GoldenItem, RatioItem, SearchItem)
FIXTURES = {"kv_golden", "kv_invariant", "kv_model", "kv_policy", "kv_run"}


def parametrize_cells(metafunc: pytest.Metafunc) -> None:
    """Parametrize a test over policies x ratios x kernels."""
    options = metafunc.config.stash[session_key].options
    ids = [point_label(point, len(options.kernels), 0) for point in options.points]
    metafunc.parametrize("kv_policy", options.points, ids=ids, indirect=True)


def require_guarded_items(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Raise ``pytest.UsageError`` when a policy was typed and nothing collected would use it.

    An ini default is no request: a project that has one still runs its ordinary tests alone. A file that could not be
    collected, or was left out by ``--lf``, might hold what is missing.
    """
    options = config.stash[session_key].options
    typed = options.policies and (config.getoption("kv_policy") or config.getoption("kv_cache"))
    if not typed or session.testsfailed or config.getoption("lf", False) or any(is_guarded(item) for item in items):
        return
    places = ", ".join(str(arg) for arg in config.args) or "."
    message = (
        f"--kv-policy={','.join(options.policies)} was given, but {places} holds no contract (*{CONTRACT_SUFFIX}) "
        "and no test that uses kv_run, kv_policy or kv_model: nothing would be guarded. Name your contracts' folder, "
        f"or drop --kv-policy (--kv-policy={NO_POLICY} runs the uncompressed model alone)."
    )
    if is_worker(config):
        end_run(config, message)
    raise pytest.UsageError(message)


def is_guarded(item: pytest.Item) -> bool:
    """Return whether a test runs models: an item of a contract, or a test that uses our fixtures."""
    return isinstance(item, GUARDED) or bool(FIXTURES & set(getattr(item, "fixturenames", ())))
