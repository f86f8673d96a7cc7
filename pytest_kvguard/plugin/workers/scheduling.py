"""How xdist spreads contracts: one to a worker, whole, so that its conversations share prefills and batches."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from pytest_kvguard.plugin.session import KVSession, session_key
from pytest_kvguard.plugin.workers.ending import RERUN

__all__ = ["ContractScheduling", "forgive_crash", "make_scheduler"]

CONTRACTS = (".kv.yaml", ".jsonl")
"""How files end whose items stay together; the latter is what ``--kv-ifeval`` reads."""


class ContractScheduling(LoadScopeScheduling):
    """Sends a contract's items to one worker, large contracts first, and every other test by itself.

    Attributes:
        crashes: how often a worker died of an item.
    """

    def __init__(self, config: pytest.Config, log: Any = None) -> None:
        super().__init__(config, log)
        self.crashes: Counter[str] = Counter()

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file.endswith(CONTRACTS) else nodeid


def make_scheduler(config: pytest.Config, log: Any) -> ContractScheduling | None:
    """Return our scheduler where contracts are guarded and xdist's default, ``--dist=load``, would tear them apart."""
    kv: KVSession | None = config.stash.get(session_key, None)
    guards = kv is not None and (kv.settings.compressed_cells or kv.options.ifeval)
    return ContractScheduling(config, log) if guards and config.getoption("dist") == "load" else None


def forgive_crash(crashitem: str, report: pytest.TestReport, sched: Any) -> None:
    """Turn the failure of an item that a worker died of into a rerun, once: our scheduler hands it out again."""
    if not isinstance(sched, ContractScheduling):
        return
    sched.crashes[crashitem] += 1
    if sched.crashes[crashitem] == 1:
        report.outcome = RERUN
