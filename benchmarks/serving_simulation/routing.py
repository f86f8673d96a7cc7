"""Routers, and a discrete-event simulation of the time that requests take under each of them.

Source: the request router of Rethinking Key-Value Cache Compression Techniques for LLM Serving, arXiv:2503.24000.
Differs: simulated instead of run; predictors are described by their error.
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

__all__ = ["LEAST_MEMORY", "ROUTERS", "RoutingResult", "capacity", "simulate"]

LEAST_MEMORY = "least-memory"


@dataclass(frozen=True)
class RoutingResult:
    """The times of requests under a router, and the servers they went to.

    Attributes:
        mean_seconds, tail_seconds: mean and 95th percentile of the time from arrival to the last token.
        shares: kind of server → share of the requests that went there.
    """

    mean_seconds: float
    tail_seconds: float
    shares: Mapping[str, float]


def simulate(kinds: Sequence[ServerKind], requests: Sequence[Request], router: str) -> RoutingResult:
    """Return the result of routing requests to a fleet of servers.

    Args:
        kinds: the kind of each server; kinds may repeat.
        requests: the requests, by arrival.
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
    counts = {name: sum(len(server.finished) for server in servers if server.kind.name == name) for name in names}
    shares = {name: count / len(requests) for name, count in counts.items()}
    return RoutingResult(fmean(seconds), float(np.quantile(seconds, 0.95)), shares)


def capacity(kind: ServerKind, requests: Sequence[Request]) -> float:
    """Return the requests per second that a server can take at most, with a full batch all the time."""
    rows = kind.max_rows
    prefill = fmean(kind.prefill_seconds(request) for request in requests)
    reply = fmean(request.reply_tokens[kind.name] for request in requests)
    context = fmean(request.prompt_tokens for request in requests) + reply / 2
    return 1 / (prefill + reply * kind.step_seconds([context] * rows) / rows)


def _held_memory(server: Server, request: Request) -> float:
    """Return the cache of the server's active and waiting requests, without the tokens still to generate."""
    waiting = [float(other.prompt_tokens) for other in server.waiting]
    return sum(server.kind.entries(tokens) for tokens in [row.context for row in server.active] + waiting)


def _expected_seconds(server: Server, request: Request, length: Callable[[Request], float]) -> float:
    """Return the seconds until a server finishes a request if no other request arrives.

    Args:
        server: the server at the arrival of the request.
        request: the request.
        length: returns the tokens that a request is expected to generate.
    """
    kind = server.kind
    ahead = sum(kind.prefill_seconds(other) for other in server.waiting) + max(0.0, server.now - request.arrival)
    rows = [row.context for row in server.active] + [float(other.prompt_tokens) for other in server.waiting]
    step = kind.step_seconds(sorted(rows)[: kind.max_rows - 1] + [request.prompt_tokens + length(request) / 2])
    # Steps until each row of the batch is free; a waiting request takes the first free one.
    free = [max(1.0, length(row.request) - row.generated) for row in server.active]
    free += [0.0] * (kind.max_rows - len(free))
    heapify(free)
    for other in server.waiting:
        heapreplace(free, free[0] + length(other))
    return ahead + kind.prefill_seconds(request) + (free[0] + length(request)) * step


def _by_throughput(server: Server, request: Request) -> float:
    """Return the expected time if compression did not change lengths: each length is the mean over kinds."""
    return _expected_seconds(server, request, lambda each: fmean(each.expected_tokens.values()))


def _by_length(server: Server, request: Request) -> float:
    """Return the tokens that a server must still generate with this request, whatever its speed."""
    name = server.kind.name
    left = sum(max(1.0, row.request.expected_tokens[name] - row.generated) for row in server.active)
    return left + sum(other.expected_tokens[name] for other in server.waiting) + request.expected_tokens[name]


def _by_both(server: Server, request: Request) -> float:
    return _expected_seconds(server, request, lambda each: each.expected_tokens[server.kind.name])


ROUTERS: Mapping[str, Callable[[Server, Request], float]] = MappingProxyType(
    {LEAST_MEMORY: _held_memory, "throughput": _by_throughput, "length": _by_length, "both": _by_both}
)
"""Router → the cost of a server for a request, which goes to the server of least cost."""
