"""Quality, reply length, memory and time of compression, all of the same replies, and rooflines of the times.

Run ``python -m benchmarks.serving_cost --help``. Every cell is prefilled, compressed and decoded by itself, cell
after cell and round after round; times are ratios to the uncompressed cell of the same round.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.json_report import run_report
from benchmarks.serving_points import format_rooflines, measure_rooflines, write_timings
from benchmarks.serving_trial import CLOCK, CellRun, run_round
from pytest_kvguard.backends.in_process import InProcess
from pytest_kvguard.contract.parse import parse_contract
from pytest_kvguard.errors import UsageError
from pytest_kvguard.models.load_model import ModelOptions, load_model
from pytest_kvguard.models.options import DEFAULT_MODEL, DTYPES
from pytest_kvguard.serving_cost.output_length import summarize_lengths
from pytest_kvguard.values.cell import Cell, written_ratio

__all__ = ["POLICIES", "RATIOS", "main", "summarize"]

POLICIES = ("streaming_llm", "snapkv", "h2o", "knorm", "expected_attention")
RATIOS = ("0.25", "0.5", "0.75")
UNCOMPRESSED = Cell()

Report = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code, 2 if it cannot run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving_cost", description=__doc__)
    parser.add_argument("contracts", type=Path, nargs="+", metavar="CONTRACT", help="contracts whose conversations run")
    parser.add_argument("--policies", default=",".join(POLICIES), help="separated by commas (%(default)s)")
    parser.add_argument("--ratios", default=",".join(RATIOS), help="separated by commas (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="number of rounds; ratios are medians over them")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--dtype", default="float32", choices=DTYPES)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--points", type=int, default=6, help="measurements per roofline; 0 fits none")
    parser.add_argument("--timings", type=Path, metavar="FILE", help="write the measured points as throughput CSV")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    options = parser.parse_args(arguments)
    return run_report(options.json, lambda: _measure(options), _screen)


def _measure(options: argparse.Namespace) -> Report:
    if options.rounds < 1:
        raise UsageError(f"--rounds={options.rounds}: give 1 or more.")
    contracts = [parse_contract(path) for path in options.contracts]
    cells = [Cell.of(policy, ratio) for policy in options.policies.split(",") for ratio in options.ratios.split(",")]
    model = load_model(ModelOptions(options.model, options.device, options.dtype))
    backend = InProcess(model, timed=True)
    rounds = []
    for number in range(options.rounds):
        rounds.append(run_round(backend, contracts, _rotated([UNCOMPRESSED, *cells], number)))
        print(f"round {number + 1} of {options.rounds} done", file=sys.stderr, flush=True)
    report: Report = {
        "model": backend.title,
        "contracts": [contract.name for contract in contracts],
        "clock": CLOCK[model.model.device.type == "cpu"],
        "rounds": options.rounds,
        "rows": summarize(rounds),
    }
    if options.points:
        report["rooflines"] = measure_rooflines(model, options.points)
        if options.timings:
            write_timings(options.timings, report["rooflines"])
    return report


def _rotated(cells: Sequence[Cell], number: int) -> list[Cell]:
    """Return the cells rotated by another number each round, so that none is always the first."""
    start = number * 5 % len(cells)
    return [*cells[start:], *cells[:start]]


def summarize(rounds: Sequence[Mapping[Cell, CellRun]]) -> list[Report]:
    """Return a row per compressed cell: counts and lengths of the first round, times as medians over all rounds."""
    return [_row(cell, rounds) for cell in rounds[0] if cell != UNCOMPRESSED]


def _row(cell: Cell, rounds: Sequence[Mapping[Cell, CellRun]]) -> Report:
    run = rounds[0][cell]
    lengths = summarize_lengths(run.lengths)
    times = {
        name: median(getattr(runs[cell], name) / getattr(runs[UNCOMPRESSED], name) for runs in rounds)
        for name in ("prefill_seconds", "seconds_per_token", "seconds")
    }
    return {
        "policy": cell.policy_name,
        "ratio": written_ratio(cell.ratio),
        "held": run.held,
        "checks": run.checks,
        "leaked": run.leaked,
        "cache": run.cache_share,
        "length": lengths.ratio,
        "longer": lengths.longer,
        "shorter": lengths.shorter,
        "replies": lengths.replies,
        "prefill": times["prefill_seconds"],
        "compress": median(runs[cell].compress_seconds / runs[cell].prefill_seconds for runs in rounds),
        "token": times["seconds_per_token"],
        "whole": times["seconds"],
        "whole_range": _range([runs[cell].seconds / runs[UNCOMPRESSED].seconds for runs in rounds]),
    }


def _range(values: Sequence[float]) -> list[float]:
    return [min(values), max(values)]


def _screen(report: Report) -> Iterator[str]:
    yield f"{report['model']}; {', '.join(report['contracts'])}; {report['rounds']} rounds; {report['clock']}"
    yield ""
    width = max(len(row["policy"]) for row in report["rows"])
    yield (
        f"{'policy':<{width}}  ratio  cache  held of checks  leaked  length  ≥1.5x  ≤0.67x  of  prefill  "
        "compress÷prefill  token  whole (rounds)"
    )
    for row in report["rows"]:
        low, high = row["whole_range"]
        yield (
            f"{row['policy']:<{width}}  {row['ratio']:<5}  {row['cache']:>5.0%}  {row['held']:>4} of {row['checks']:<6}"
            f"  {row['leaked']:>6}  {row['length']:>6.2f}  {row['longer']:>5}  {row['shorter']:>6}  {row['replies']:>2}"
            f"  {row['prefill']:>7.2f}  {row['compress']:>16.3f}  {row['token']:>5.2f}  {row['whole']:.2f} "
            f"({low:.2f}-{high:.2f})"
        )
    if "rooflines" in report:
        yield ""
        yield from format_rooflines(report["rooflines"])


if __name__ == "__main__":
    sys.exit(main())
