"""The scheduler that sends each contract to one xdist worker, so its conversations share prefills and batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from pytest_kvguard.plugin.session import KVSession, session_key
from pytest_kvguard.plugin.workers.ending import RERUN

__all__ = ["ContractScheduling", "forgive_crash", "make_scheduler"]

CONTRACTS = (".kv.yaml", ".jsonl")
"""Suffixes of files whose items stay together: contracts, and files of ``--kv-ifeval``."""

MAX_CRASHES = 2
"""How many workers may die of an item; after the last it has FAILED, and the rest of the run goes on."""


class ContractScheduling(LoadScopeScheduling):
    """Sends all items of a contract to one worker, large contracts first, and other tests one by one.

    An item that a worker died of runs once more; one that kills a second worker does not run again.

    Attributes:
        crashes: item → the number of workers that crashed while running it.
    """

    def __init__(self, config: pytest.Config, log: Any = None) -> None:
        super().__init__(config, log)
        self.crashes: Counter[str] = Counter()

    def remove_node(self, node: Any) -> str | None:
        """Put the items that a worker had left back into the queue, and return the item it died of, if any.

        Contracts that the worker had finished stay out of the queue: handed out again they hold no item to run, so the
        worker that gets them would never report anything, and never be given more.
        """
        workload = self.assigned_work.pop(node)
        left = [(scope, nodeid) for scope, unit in workload.items() for nodeid, done in unit.items() if not done]
        if not left:
            return None
        crashed: str = left[0][1]
        self.crashes[crashed] += 1
        for scope, nodeid in left:
            if self.crashes[nodeid] < MAX_CRASHES:
                self.workqueue.setdefault(scope, {})[nodeid] = False
        for other in self.nodes:
            self._reschedule(other)
        return crashed

    def add_node_collection(self, node: Any, collection: Sequence[str]) -> None:
        """Note the items that a worker collected; the run ends if a replacement collected others than the first ones.

        No item could be sent to such a worker, so the run would wait for it without end.
        """
        super().add_node_collection(node, collection)
        if node not in self.registered_collections:
            pytest.exit(
                f"kvguard: a worker died, and its replacement {node.gateway.id} collected other tests than the first "
                "workers. Leave the test files unchanged during a run, and collect them in a fixed order.",
                returncode=pytest.ExitCode.USAGE_ERROR,
            )

    def _reschedule(self, node: Any) -> None:
        """Send a worker more items, or its end: it runs an item only once it knows what comes after it."""
        if self.collection_is_completed and node not in self.registered_collections:
            return  # a replacement that still collects; xdist schedules again when it is done
        super()._reschedule(node)
        while not node.shutting_down and self._pending_of(self.assigned_work[node]) < 2:
            super()._reschedule(node)

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file.endswith(CONTRACTS) else nodeid


def make_scheduler(config: pytest.Config, log: Any) -> ContractScheduling | None:
    """Return the scheduler for contracts if policies or IFEval files run under xdist's default ``--dist=load``."""
    kv: KVSession | None = config.stash.get(session_key, None)
    guards = kv is not None and (kv.settings.compressed_cells or kv.options.ifeval)
    return ContractScheduling(config, log) if guards and config.getoption("dist") == "load" else None


def forgive_crash(crashitem: str, report: pytest.TestReport, sched: Any) -> None:
    """Turn the failure of an item that a worker died of into a rerun, where our scheduler hands it out again."""
    if isinstance(sched, ContractScheduling) and sched.crashes[crashitem] < MAX_CRASHES:
        report.outcome = RERUN
