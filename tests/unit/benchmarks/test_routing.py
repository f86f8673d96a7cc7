"""The simulated fleet: servers keep time as their rooflines say, and routers send requests where they claim to."""

from __future__ import annotations

from math import inf

import pytest

from benchmarks.serving_simulation.request_stream import Request, Workload, draw_requests
from benchmarks.serving_simulation.routing import LEAST_MEMORY, ROUTERS, capacity, simulate
from benchmarks.serving_simulation.server import Server, ServerKind
from pytest_kvguard.serving_cost.throughput import Roofline


def kind(name: str, step: float = 0.1, prefill: float = 1.0, rows: int = 2, **changes: float) -> ServerKind:
    """Return a kind of server whose steps and prefills take a constant time, whatever the batch and the length."""
    budget = changes.pop("budget", inf)
    stages = [
        Roofline(stage, (seconds, 0.0, 0.0), budget, 0.1, 0.9, (1, 16), (1, 4000))
        for stage, seconds in (("prefill", prefill), ("decode", step))
    ]
    return ServerKind(name, stages[0], stages[1], rows, **changes)


def request(arrival: float = 0.0, prompt: int = 100, **tokens: int) -> Request:
    return Request(arrival, prompt, tokens, {name: float(count) for name, count in tokens.items()})


def test_a_lone_request_takes_its_prefill_and_its_steps() -> None:
    server = Server(kind("plain"))
    server.accept(request(5.0, plain=10))
    server.run_until(inf)
    assert [end for _, end in server.finished] == [pytest.approx(5 + 1 + 10 * 0.1)]


def test_a_prefill_stops_the_others_decoding_and_rows_share_steps() -> None:
    server = Server(kind("plain"))
    server.accept(request(0.0, plain=10))
    server.accept(request(1.5, plain=10))
    server.run_until(inf)
    assert [end for _, end in server.finished] == [pytest.approx(3.0), pytest.approx(3.5)]


def test_a_request_waits_while_the_batch_is_full() -> None:
    server = Server(kind("plain", rows=1, prefill=0.0))
    for _ in range(3):
        server.accept(request(0.0, plain=10))
    server.run_until(inf)
    assert [end for _, end in server.finished] == [pytest.approx(seconds) for seconds in (1.0, 2.0, 3.0)]


def test_longer_contexts_make_slower_steps_up_to_the_budget() -> None:
    stage = Roofline("decode", (0.0, 0.0, 0.001), 50, 0.1, 0.9, (1, 16), (1, 4000))
    limited = ServerKind("h2o", stage, stage)
    assert limited.step_seconds([20.0, 400.0]) == pytest.approx(0.001 * (20 + 50))
    assert limited.entries(400) == 50


def test_simulating_in_smaller_steps_gives_the_same_times() -> None:
    ends = []
    for looks in ([], [0.3, 1.2, 1.21, 2.0]):
        server = Server(kind("plain"))
        for arrival in (0.0, 0.5):
            server.accept(request(arrival, plain=10))
        for time in looks:
            server.run_until(max(time, 0.5))
        server.run_until(inf)
        ends.append([end for _, end in server.finished])
    assert ends[0] == pytest.approx(ends[1])


def shares(router: str, kinds: list[ServerKind], requests: list[Request]) -> dict[str, float]:
    return dict(simulate(kinds, requests, router).shares)


def test_least_memory_looks_at_bytes_alone() -> None:
    kinds = [kind("plain"), kind("small", step=9.0, bytes_per_entry=0.25)]
    requests = [request(0.1 * number, plain=50, small=50) for number in range(5)]
    assert shares(LEAST_MEMORY, kinds, requests)["small"] == pytest.approx(0.8), (
        "four of its contexts fill one of the other's"
    )


def test_throughput_looks_at_time_as_if_lengths_were_the_same() -> None:
    kinds = [kind("plain", step=0.1), kind("fast", step=0.05)]
    requests = [request(100.0 * number, plain=10, fast=200) for number in range(4)]
    assert shares("throughput", kinds, requests) == {"plain": 0.0, "fast": 1.0}
    assert shares("both", kinds, requests) == {"plain": 1.0, "fast": 0.0}


def test_length_looks_at_tokens_alone() -> None:
    kinds = [kind("plain", step=0.1), kind("slow", step=5.0)]
    requests = [request(100.0 * number, plain=10, slow=9) for number in range(4)]
    assert shares("length", kinds, requests) == {"plain": 0.0, "slow": 1.0}
    assert shares("both", kinds, requests) == {"plain": 1.0, "slow": 0.0}


def test_both_goes_elsewhere_when_there_is_a_queue() -> None:
    kinds = [kind("fast", step=0.1, rows=1), kind("slow", step=0.2, rows=1)]
    requests = [request(0.0, fast=100, slow=100) for _ in range(3)]
    assert shares("both", kinds, requests) == {"fast": pytest.approx(2 / 3), "slow": pytest.approx(1 / 3)}


@pytest.mark.parametrize("router", ROUTERS)
def test_every_request_is_served_once(router: str) -> None:
    kinds = [kind("plain", step=0.02, prefill=0.05, rows=4), kind("kivi", step=0.02, prefill=0.05, rows=4)]
    requests = draw_requests(Workload(rate=3.0, count=60), ["plain", "kivi"], "plain")
    result = simulate(kinds, requests, router)
    assert sum(result.shares.values()) == pytest.approx(1.0)
    assert 0 < result.mean_seconds <= result.tail_seconds


def test_a_stream_beyond_capacity_queues_and_one_far_below_does_not() -> None:
    plain = kind("plain", step=0.02, prefill=0.05, rows=4)
    sample = draw_requests(Workload(rate=1.0, count=200), ["plain"], "plain")
    most = capacity(plain, sample)
    calm, busy = (
        simulate([plain], draw_requests(Workload(rate=load * most, count=200), ["plain"], "plain"), LEAST_MEMORY)
        for load in (0.2, 3.0)
    )
    assert busy.mean_seconds > 5 * calm.mean_seconds
