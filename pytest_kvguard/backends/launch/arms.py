"""Starts one engine for every arm and returns the backend that asks them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pytest_kvguard.backends.endpoint.address import Address, RequestPolicy
from pytest_kvguard.backends.endpoint.backend import Endpoints
from pytest_kvguard.backends.endpoint.chat_server import ChatServer
from pytest_kvguard.backends.launch.engine import ServerPlan
from pytest_kvguard.backends.launch.launched import LaunchedServer, free_port, launch
from pytest_kvguard.backends.launch.table import load_engine
from pytest_kvguard.models.options import current_name

__all__ = ["LaunchPlan", "launch_arms"]

BASELINE, NULL = "the baseline", "the null server"
"""Names of servers that no cache type has."""


@dataclass(frozen=True)
class LaunchPlan:
    """What to start.

    Attributes:
        engine: one of ``ENGINES``.
        model: as ``--kv-model`` has it.
        caches: the cache types to compare with the engine's uncompressed one.
        python: the interpreter that has the engine.
        with_null: start a server, too, that differs harmlessly, if the engine can.
        start_seconds: how long all may take to start.
    """

    engine: str
    model: str
    caches: Sequence[str]
    python: str = sys.executable
    with_null: bool = True
    start_seconds: float = 300.0


def launch_arms(plan: LaunchPlan, requests: RequestPolicy) -> tuple[Endpoints, Callable[[], None]]:
    """Return the backend, and what ends its servers.

    Raises:
        KVGuardError: the engine is not there, cannot read the model, or does not start.
    """
    engine = load_engine(plan.engine)
    caches = {BASELINE: engine.BASELINE, **{name: name for name in plan.caches}}
    if plan.with_null and engine.HAS_NULL:
        caches[NULL] = engine.BASELINE
    model = current_name(plan.model)
    commands = {}
    for name, cache in caches.items():
        wanted = ServerPlan(model, cache, free_port(), plan.python, is_null=name == NULL)
        commands[name] = (engine.command(wanted), wanted.port)
    started = launch(commands, engine.environment(), plan.start_seconds)
    asked = {name: ChatServer(Address(server.url), requests) for name, server in started.items()}
    title = f"{plan.engine}, {model}, uncompressed cache {engine.BASELINE}"
    backend = Endpoints(asked.pop(BASELINE), asked, null=asked.pop(NULL, None), at_once=requests.at_once, title=title)
    return backend, lambda: _stop(list(started.values()))


def _stop(servers: Sequence[LaunchedServer]) -> None:
    for server in servers:
        server.stop()
