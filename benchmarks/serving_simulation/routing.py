"""Which server a request goes to, and how long requests take under each way to decide: a discrete-event simulation.

Source: the request router of Rethinking Key-Value Cache Compression Techniques for LLM Serving, arXiv:2503.24000.
Differs: simulated, not run; predictors are given by their error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heapreplace
from math import inf
from statistics import fmean
from types import MappingProxyType

import numpy as np

from benchmarks.serving_simulation.request_stream import Request
from benchmarks.serving_simulation.server import Server, ServerKind

__all__ = ["LEAST_MEMORY", "ROUTERS", "Outcome", "capacity", "simulate"]

LEAST_MEMORY = "least-memory"


@dataclass(frozen=True)
class Outcome:
    """How requests fared.

    Attributes:
        mean_seconds, tail_seconds: from arrival to the last token: the mean, and the 95th percentile.
        shares: by kind of server, the share of requests that went there.
    """

    mean_seconds: float
    tail_seconds: float
    shares: Mapping[str, float]


def simulate(kinds: Sequence[ServerKind], requests: Sequence[Request], router: str) -> Outcome:
    """Return what becomes of requests on one server per entry of ``kinds``, which may repeat.

    Args:
        kinds: of the servers.
        requests: by arrival.
        router: one of ``ROUTERS``.
    """
    servers = [Server(kind) for kind in kinds]
    cost = ROUTERS[router]
    for request in requests:
        for server in servers:
            server.run_until(request.arrival)
        min(servers, key=lambda server: (cost(server, request), len(server.active) + len(server.waiting))).accept(
            request
        )
    for server in servers:
        server.run_until(inf)
    seconds = [end - request.arrival for server in servers for request, end in server.finished]
    names = dict.fromkeys(kind.name for kind in kinds)
    went = {name: sum(len(server.finished) for server in servers if server.kind.name == name) for name in names}
    shares = {name: count / len(requests) for name, count in went.items()}
    return Outcome(fmean(seconds), float(np.quantile(seconds, 0.95)), shares)


def capacity(kind: ServerKind, requests: Sequence[Request]) -> float:
    """Return how many such requests per second one server can take at most: its rows full all the time."""
    rows = kind.most_rows
    prefill = fmean(kind.prefill_seconds(request) for request in requests)
    reply = fmean(request.reply_tokens[kind.name] for request in requests)
    context = fmean(request.prompt_tokens for request in requests) + reply / 2
    return 1 / (prefill + reply * kind.step_seconds([context] * rows) / rows)


def _held_memory(server: Server, request: Request) -> float:
    """Return the cache a server holds or is about to; what it will hold at last is not known to it."""
    waiting = [float(other.prompt_tokens) for other in server.waiting]
    return sum(server.kind.entries(tokens) for tokens in [row.context for row in server.active] + waiting)


def _expected_seconds(server: Server, request: Request, length: Callable[[Request], float]) -> float:
    """Return when a request will be through on a server, from now, if nothing else comes.

    Args:
        server: at its arrival.
        request: which.
        length: the tokens that a request is expected to generate.
    """
    kind = server.kind
    ahead = sum(kind.prefill_seconds(other) for other in server.waiting) + max(0.0, server.now - request.arrival)
    rows = [row.context for row in server.active] + [float(other.prompt_tokens) for other in server.waiting]
    step = kind.step_seconds(sorted(rows)[: kind.most_rows - 1] + [request.prompt_tokens + length(request) / 2])
    # Steps until each row is free; who waits takes the first one that is.
    free = [max(1.0, length(row.request) - row.done) for row in server.active]
    free += [0.0] * (kind.most_rows - len(free))
    heapify(free)
    for other in server.waiting:
        heapreplace(free, free[0] + length(other))
    return ahead + kind.prefill_seconds(request) + (free[0] + length(request)) * step


def _by_throughput(server: Server, request: Request) -> float:
    """Return the expected time if compression left lengths as they are: each is the mean over kinds."""
    return _expected_seconds(server, request, lambda each: fmean(each.expected_tokens.values()))


def _by_length(server: Server, request: Request) -> float:
    """Return the tokens a server has still to generate with this request; how fast it is does not count."""
    name = server.kind.name
    left = sum(max(1.0, row.request.expected_tokens[name] - row.done) for row in server.active)
    return left + sum(other.expected_tokens[name] for other in server.waiting) + request.expected_tokens[name]


def _by_both(server: Server, request: Request) -> float:
    return _expected_seconds(server, request, lambda each: each.expected_tokens[server.kind.name])


ROUTERS: Mapping[str, Callable[[Server, Request], float]] = MappingProxyType(
    {LEAST_MEMORY: _held_memory, "throughput": _by_throughput, "length": _by_length, "both": _by_both}
)
"""By name, what a server costs a request; it goes where that is least."""
