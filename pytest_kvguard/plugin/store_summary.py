"""Says how much came from the result store, over xdist's workers too, and what kept results from being stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from pytest_kvguard.plugin.session import KVSession, session_key
from pytest_kvguard.plugin.workers import is_worker

__all__ = ["StoreUse", "add_worker", "end_store", "write_store_use"]

KEY = "kvguard_store"


@dataclass(frozen=True)
class StoreUse:
    """What a process did with the store.

    Attributes:
        found, made: replies that were looked up, and that were run.
        trouble: what kept results from being stored.
    """

    found: int = 0
    made: int = 0
    trouble: str = ""

    def plus(self, other: StoreUse) -> StoreUse:
        """Return what two processes did; a trouble that both have is told once."""
        return StoreUse(self.found + other.found, self.made + other.made, self.trouble or other.trouble)


use_key = pytest.StashKey[StoreUse]()


def end_store(session: pytest.Session) -> None:
    """Prune the store, and note what was done; a worker hands that to the process with the terminal."""
    config = session.config
    kv: KVSession | None = config.stash.get(session_key, None)
    used = kv.close_store() if kv else None
    if used is None:
        return
    if is_worker(config):
        config.workeroutput[KEY] = vars(used)  # type: ignore[attr-defined]
    _add(config, used)


def add_worker(node: Any) -> None:
    """Take in what a worker did that went down."""
    told = getattr(node, "workeroutput", {}).get(KEY)
    if told:
        _add(node.config, StoreUse(**told))


def _add(config: pytest.Config, used: StoreUse) -> None:
    config.stash[use_key] = config.stash.get(use_key, StoreUse()).plus(used)


def write_store_use(terminalreporter: Any) -> None:
    """Write one line on what was looked up, and one on trouble."""
    config: pytest.Config = terminalreporter.config
    used = config.stash.get(use_key, StoreUse())
    if used.found and config.get_verbosity() >= 0:
        total = used.found + used.made
        terminalreporter.write_line(f"kvguard: {used.found} of {total} replies came from the result store")
    if used.trouble:
        terminalreporter.write_line(f"kvguard: {used.trouble}", yellow=True)
