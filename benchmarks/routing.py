"""What a router gains that knows how long servers take and how long replies become, at rising load: simulated.

Run ``python -m benchmarks.routing --help``. No model runs: timings are read from files, requests are drawn or read.
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
"""Gain of the router over each method's own least-memory routing. Source: arXiv 2503.24000."""

BYTES = {"kivi": 0.31, "gear": 0.31}
"""Of a cached token, relative to 16 bits: 4 bits, and a scale and an offset of 16 bits for every 32 numbers."""

LOADS = (0.3, 0.7, 1.0, 1.25, 1.5, 2.0)
SHARES = (0.2, 0.25, 0.3)
THROUGHPUT = "throughput-"

Report = dict[str, Any]


@dataclass(frozen=True)
class Fleet:
    """Servers of two kinds.

    Attributes:
        uncompressed, compressed: the kinds.
        servers: how many there are; one of them does not compress.
    """

    uncompressed: ServerKind
    compressed: ServerKind
    servers: int = 4

    @property
    def mixed(self) -> list[ServerKind]:
        """One server without compression, the others with it."""
        return [self.uncompressed] + [self.compressed] * (self.servers - 1)

    @property
    def plain(self) -> list[ServerKind]:
        """As many servers, none with compression."""
        return [self.uncompressed] * self.servers

    @property
    def names(self) -> tuple[str, str]:
        """The kinds' names."""
        return self.uncompressed.name, self.compressed.name


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; return 2 for what cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.routing", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help=f"folder of {THROUGHPUT}NAME.csv, one per method")
    parser.add_argument("--model", default="Llama-2-7b", help="part of the name of the model whose timings are taken")
    parser.add_argument("--baseline", metavar="METHOD", help="the uncompressed one (default: the one so named)")
    parser.add_argument("--trace", type=Path, metavar="FILE", help="requests to route instead of drawn ones")
    parser.add_argument("--servers", type=int, default=4, help="how many; one does not compress")
    parser.add_argument("--seeds", type=int, default=5, help="streams that are drawn per point")
    parser.add_argument("--requests", type=int, default=400, help="in each stream")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    options = parser.parse_args(arguments)

    def make() -> Report:
        kinds = read_kinds(options.data, options.model)
        return make_report(kinds, baseline_of(tuple(kinds), options.baseline), options)

    return run_report(options.json, make, _screen)


def read_kinds(folder: Path, model: str) -> dict[str, ServerKind]:
    """Return a kind of server for every file of timings that has both stages of the model.

    Raises:
        UsageError: there are none, or the name fits several models.
    """
    kinds = {}
    for path in sorted(folder.glob(f"{THROUGHPUT}*.csv")):
        name = re.sub(rf"^{THROUGHPUT}|\.csv$", "", path.name)
        found = {group: points for group, points in read_throughput(path).items() if model in group[1]}
        if len({group[1] for group in found}) > 1:
            fitting = ", ".join(sorted({group[1] for group in found}))
            raise UsageError(f"--model={model} fits {fitting} in {path}. Write more of its name.")
        stages = {stage: fit_roofline(stage, points) for (*_, stage), points in found.items()}
        if {"prefill", "decode"} <= set(stages):
            kinds[name] = ServerKind(name, stages["prefill"], stages["decode"], bytes_per_entry=BYTES.get(name, 1.0))
    if not kinds:
        raise UsageError(
            f"{folder} holds no {THROUGHPUT}NAME.csv with timings of {model}. Name another folder or model."
        )
    return kinds


def make_report(kinds: Mapping[str, ServerKind], baseline: str, options: argparse.Namespace) -> Report:
    """Return the gains of every method: of one trace, or by load and by how far lengths scatter."""
    others = [name for name in kinds if name != baseline]
    if not others:
        raise UsageError(f"There are timings of {baseline} alone. Add those of a method that compresses.")
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
    """Yield request streams whose rate is a multiple of what the uncompressed servers can take."""
    for seed in range(seeds):
        like = replace(workload, seed=seed)
        most = fleet.servers * capacity(fleet.uncompressed, draw_requests(like, fleet.names, fleet.uncompressed.name))
        yield draw_requests(replace(like, rate=load * most), fleet.names, fleet.uncompressed.name)


def _gains(fleet: Fleet, streams: Sequence[Sequence[Request]]) -> Report:
    """Return mean seconds per request by router, means over streams, and their gains."""
    plain = fmean(simulate(fleet.plain, requests, LEAST_MEMORY).mean_seconds for requests in streams)
    outcomes = {router: [simulate(fleet.mixed, requests, router) for requests in streams] for router in ROUTERS}
    seconds = {router: fmean(outcome.mean_seconds for outcome in made) for router, made in outcomes.items()}
    tails = {router: fmean(outcome.tail_seconds for outcome in made) for router, made in outcomes.items()}
    own = seconds[LEAST_MEMORY]
    return {
        "method": fleet.compressed.name,
        "no_compression_seconds": plain,
        "mean_seconds": seconds,
        "tail_seconds": tails,
        "gain_over_own_baseline": {router: own / value for router, value in seconds.items()},
        "gain_over_no_compression": {router: plain / value for router, value in seconds.items()},
        "compressed_share": {
            router: fmean(outcome.shares[fleet.compressed.name] for outcome in made)
            for router, made in outcomes.items()
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
