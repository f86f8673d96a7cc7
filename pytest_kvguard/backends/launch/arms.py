"""Starts a server for every arm and builds the backend that uses them."""

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

BASELINE, CONTROL = "the baseline", "the control server"
"""Names of the servers that are not named after a cache type."""


@dataclass(frozen=True)
class LaunchPlan:
    """The servers to start.

    Attributes:
        engine: one of ``ENGINES``.
        model: as given to ``--kv-model``.
        caches: the cache types to compare with the engine's uncompressed one.
        python: the interpreter in which the engine is installed.
        with_control: whether to start a control server, if the engine can.
        start_seconds: time limit for the start of each server.
    """

    engine: str
    model: str
    caches: Sequence[str]
    python: str = sys.executable
    with_control: bool = True
    start_seconds: float = 300.0


def launch_arms(plan: LaunchPlan, requests: RequestPolicy) -> tuple[Endpoints, Callable[[], None]]:
    """Start the servers; return the backend and a function that stops them.

    Raises:
        KVGuardError: the engine is not installed, cannot read the model, or does not start.
    """
    engine = load_engine(plan.engine)
    caches = {BASELINE: engine.BASELINE, **{name: name for name in plan.caches}}
    if plan.with_control and engine.HAS_CONTROL:
        caches[CONTROL] = engine.BASELINE
    model = current_name(plan.model)
    commands = {}
    for name, cache in caches.items():
        server_plan = ServerPlan(model, cache, free_port(), plan.python, is_control=name == CONTROL)
        commands[name] = (engine.command(server_plan), server_plan.port)
    started = launch(commands, engine.environment(), plan.start_seconds)
    clients = {name: ChatServer(Address(server.url), requests) for name, server in started.items()}
    title = f"{plan.engine}, {model}, uncompressed cache {engine.BASELINE}"
    baseline, control = clients.pop(BASELINE), clients.pop(CONTROL, None)
    asked = {name: cache for name, cache in caches.items() if cache != engine.BASELINE}
    backend = Endpoints(baseline, clients, control, requests.at_once, title, caches=asked)
    return backend, lambda: _stop(list(started.values()))


def _stop(servers: Sequence[LaunchedServer]) -> None:
    for server in servers:
        server.stop()
