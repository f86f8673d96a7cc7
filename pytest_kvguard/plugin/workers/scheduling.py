"""The scheduler that sends each contract to one xdist worker, so its conversations share prefills and batches."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from pytest_kvguard.plugin.session import KVSession, session_key
from pytest_kvguard.plugin.workers.ending import RERUN

__all__ = ["ContractScheduling", "forgive_crash", "make_scheduler"]

CONTRACTS = (".kv.yaml", ".jsonl")
"""Suffixes of files whose items stay together: contracts, and files of ``--kv-ifeval``."""


class ContractScheduling(LoadScopeScheduling):
    """Sends all items of a contract to one worker, large contracts first, and other tests one by one.

    Attributes:
        crashes: item → the number of workers that crashed while running it.
    """

    def __init__(self, config: pytest.Config, log: Any = None) -> None:
        super().__init__(config, log)
        self.crashes: Counter[str] = Counter()

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file.endswith(CONTRACTS) else nodeid


def make_scheduler(config: pytest.Config, log: Any) -> ContractScheduling | None:
    """Return the scheduler for contracts if policies or IFEval files run under xdist's default ``--dist=load``."""
    kv: KVSession | None = config.stash.get(session_key, None)
    guards = kv is not None and (kv.settings.compressed_cells or kv.options.ifeval)
    return ContractScheduling(config, log) if guards and config.getoption("dist") == "load" else None


def forgive_crash(crashitem: str, report: pytest.TestReport, sched: Any) -> None:
    """Turn the first failure of an item whose worker crashed into a rerun; the scheduler sends it to another worker."""
    if not isinstance(sched, ContractScheduling):
        return
    sched.crashes[crashitem] += 1
    if sched.crashes[crashitem] == 1:
        report.outcome = RERUN
