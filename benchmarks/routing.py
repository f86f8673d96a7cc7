"""The simulated gain, at rising load, of a router that knows the servers' speeds and the lengths of replies.

Run ``python -m benchmarks.routing --help``. It runs no model: it reads timings from files, and draws or reads requests.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.json_report import run_report
from benchmarks.serving_simulation.request_stream import Request, Workload, draw_requests, read_trace
from benchmarks.serving_simulation.routing import LEAST_MEMORY, ROUTERS, capacity, simulate
from benchmarks.serving_simulation.server import ServerKind
from pytest_kvguard.errors import UsageError
from pytest_kvguard.serving_cost.score_files import baseline_of
from pytest_kvguard.serving_cost.throughput import fit_roofline, read_throughput

__all__ = ["Fleet", "main", "make_report", "read_kinds"]

PUBLISHED = (1.45, 1.80)
"""The range of the router's gains over each method's own least-memory routing. Source: arXiv 2503.24000."""

BYTES = {"kivi": 0.31, "gear": 0.31}
"""Bytes of a cached token relative to 16 bits per number: 4 bits, and a 16-bit scale and offset per 32 numbers."""

LOADS = (0.3, 0.7, 1.0, 1.25, 1.5, 2.0)
SHARES = (0.2, 0.25, 0.3)
THROUGHPUT = "throughput-"

Report = dict[str, Any]


@dataclass(frozen=True)
class Fleet:
    """A fleet of servers of two kinds.

    Attributes:
        uncompressed, compressed: the kinds.
        servers: number of servers; one of them does not compress.
    """

    uncompressed: ServerKind
    compressed: ServerKind
    servers: int = 4

    @property
    def mixed(self) -> list[ServerKind]:
        """The kinds of a fleet in which all servers but one compress."""
        return [self.uncompressed] + [self.compressed] * (self.servers - 1)

    @property
    def plain(self) -> list[ServerKind]:
        """The kinds of a fleet of the same size in which no server compresses."""
        return [self.uncompressed] * self.servers

    @property
    def names(self) -> tuple[str, str]:
        """The names of the kinds."""
        return self.uncompressed.name, self.compressed.name


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code, 2 if a file cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.routing", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help=f"folder of {THROUGHPUT}NAME.csv, one per method")
    parser.add_argument("--model", default="Llama-2-7b", help="part of the name of the model whose timings are taken")
    parser.add_argument("--baseline", metavar="METHOD", help="the uncompressed one (default: recognized by its name)")
    parser.add_argument("--trace", type=Path, metavar="FILE", help="requests to route instead of drawn ones")
    parser.add_argument("--servers", type=int, default=4, help="number of servers; one does not compress")
    parser.add_argument("--seeds", type=int, default=5, help="streams per point")
    parser.add_argument("--requests", type=int, default=400, help="requests of each stream")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    options = parser.parse_args(arguments)

    def make() -> Report:
        kinds = read_kinds(options.data, options.model)
        return make_report(kinds, baseline_of(tuple(kinds), options.baseline), options)

    return run_report(options.json, make, _screen)


def read_kinds(folder: Path, model: str) -> dict[str, ServerKind]:
    """Return a kind of server for every file of timings that has both stages of the model.

    Raises:
        UsageError: there is no such file, or the name fits several models.
    """
    kinds = {}
    for path in sorted(folder.glob(f"{THROUGHPUT}*.csv")):
        name = re.sub(rf"^{THROUGHPUT}|\.csv$", "", path.name)
        timings = {key: points for key, points in read_throughput(path).items() if model in key[1]}
        models = sorted({key[1] for key in timings})
        if len(models) > 1:
            fitting = ", ".join(models)
            raise UsageError(f"--model={model} fits {fitting} in {path}. Write more of its name.")
        stages = {stage: fit_roofline(stage, points) for (*_, stage), points in timings.items()}
        if {"prefill", "decode"} <= set(stages):
            kinds[name] = ServerKind(name, stages["prefill"], stages["decode"], bytes_per_entry=BYTES.get(name, 1.0))
    if not kinds:
        raise UsageError(
            f"{folder} holds no {THROUGHPUT}NAME.csv with timings of {model}. Name another folder or model."
        )
    return kinds


def make_report(kinds: Mapping[str, ServerKind], baseline: str, options: argparse.Namespace) -> Report:
    """Return the gains of every method for a trace, or by load and by the share of longer replies."""
    others = [name for name in kinds if name != baseline]
    if not others:
        raise UsageError(f"There are only timings of {baseline}. Add those of a method that compresses.")
    fleets = [Fleet(kinds[baseline], kinds[name], options.servers) for name in others]
    if options.trace is not None:
        rows = [_gains(fleet, [read_trace(options.trace, fleet.names)]) for fleet in fleets]
        return {"trace": str(options.trace), "rows": rows}
    workload = Workload(rate=1.0, count=options.requests, prompt=(500.0, 1.0), most_reply=1000)
    rows = [
        {**_gains(fleet, list(_streams(fleet, replace(workload, longer_share=share), load, options.seeds))), **place}
        for fleet in fleets
        for share in SHARES
        for load in LOADS
        for place in [{"load": load, "longer_share": share}]
    ]
    return {"workload": asdict(workload), "servers": options.servers, "seeds": options.seeds, "rows": rows}


def _streams(fleet: Fleet, workload: Workload, load: float, seeds: int) -> Iterator[list[Request]]:
    """Yield request streams whose rate is ``load`` times the capacity of the uncompressed servers."""
    for seed in range(seeds):
        seeded = replace(workload, seed=seed)
        most = fleet.servers * capacity(fleet.uncompressed, draw_requests(seeded, fleet.names, fleet.uncompressed.name))
        yield draw_requests(replace(seeded, rate=load * most), fleet.names, fleet.uncompressed.name)


def _gains(fleet: Fleet, streams: Sequence[Sequence[Request]]) -> Report:
    """Return the seconds per request by router, means over streams, and the gains of the routers."""
    plain = fmean(simulate(fleet.plain, requests, LEAST_MEMORY).mean_seconds for requests in streams)
    results = {router: [simulate(fleet.mixed, requests, router) for requests in streams] for router in ROUTERS}
    seconds = {router: fmean(result.mean_seconds for result in of_router) for router, of_router in results.items()}
    tails = {router: fmean(result.tail_seconds for result in of_router) for router, of_router in results.items()}
    own = seconds[LEAST_MEMORY]
    return {
        "method": fleet.compressed.name,
        "no_compression_seconds": plain,
        "mean_seconds": seconds,
        "tail_seconds": tails,
        "gain_over_own_baseline": {router: own / value for router, value in seconds.items()},
        "gain_over_no_compression": {router: plain / value for router, value in seconds.items()},
        "compressed_share": {
            router: fmean(result.shares[fleet.compressed.name] for result in of_router)
            for router, of_router in results.items()
        },
    }


def _screen(report: Report) -> Iterator[str]:
    yield f"{'':<28}mean seconds from arrival to last token{'':<12}gain of each router over"
    yield (
        f"{'method':<8}{'longer':>7}{'load':>6}{'no compression':>16}{'':<2}"
        + "".join(f"{router:>13}" for router in ROUTERS)
        + "   own least-memory      no compression"
    )
    for row in report["rows"]:
        place = (f"{row[name]:.2f}" if name in row else "trace" for name in ("longer_share", "load"))
        own, none = (
            " ".join(f"{row[name][router]:.2f}" for router in ROUTERS if router != LEAST_MEMORY)
            for name in ("gain_over_own_baseline", "gain_over_no_compression")
        )
        seconds = "".join(f"{row['mean_seconds'][router]:>13.1f}" for router in ROUTERS)
        within = PUBLISHED[0] <= round(row["gain_over_own_baseline"]["both"], 2) <= PUBLISHED[1]
        yield (
            f"{row['method']:<8}{next(place):>7}{next(place):>6}{row['no_compression_seconds']:>16.1f}  {seconds}   "
            f"{own}{'*' if within else ' '}       {none}"
        )
    low, high = PUBLISHED
    yield f"gains: throughput, length, both; * both is within the published {low:.2f} to {high:.2f}"


if __name__ == "__main__":
    sys.exit(main())
