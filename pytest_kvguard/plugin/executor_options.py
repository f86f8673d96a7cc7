"""Where jobs run: in this process, or on a Ray cluster."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from pytest_kvguard.errors import suggest

__all__ = ["EXECUTOR_VALUES", "LOCAL", "RAY", "ExecutorOptions"]

LOCAL, RAY = "local", "ray"
EXECUTORS = (LOCAL, RAY)

EXECUTOR_VALUES = (
    (("--kv-executor",), "kv_executor", LOCAL, "WHERE", "where the model runs: local (default), or ray, a cluster"),
    (("--kv-replicas",), "kv_replicas", "", "N", "replicas on the cluster (default: one per device, or one)"),
)


@dataclass(frozen=True)
class ExecutorOptions:
    """What ``--kv-executor`` and ``--kv-replicas`` ask for.

    Attributes:
        name: ``local`` or ``ray``.
        replicas: None = one per device, or one.
    """

    name: str = LOCAL
    replicas: int | None = None

    @classmethod
    def read(cls, name: str, replicas: str) -> ExecutorOptions:
        """Return the options, checked.

        Raises:
            pytest.UsageError: unknown executor, or a number of replicas that is none.
        """
        if name not in EXECUTORS:
            near = suggest(name, EXECUTORS)
            raise pytest.UsageError(f"Unknown --kv-executor={name}.{near} Allowed: {', '.join(EXECUTORS)}.")
        if replicas and not (replicas.isdecimal() and int(replicas)):
            raise pytest.UsageError(f"--kv-replicas={replicas} is not a whole number, 1 or more.")
        if replicas and name != RAY:
            raise pytest.UsageError(f"--kv-replicas={replicas} needs --kv-executor={RAY}; for processes use -n.")
        return cls(name, int(replicas) if replicas else None)
