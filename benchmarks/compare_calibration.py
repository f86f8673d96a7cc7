"""The rates at which a comparison calls equal runs worse or better, and sees real drops: simulated reports, no model.

Run ``python -m benchmarks.compare_calibration --help``. The simulated contract has 4 instructions that are checked
under 3 probes, in many orders; the simulated reports go through the code of ``python -m pytest_kvguard compare``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import product
from statistics import fmean
from typing import Any

import numpy as np
from tqdm import tqdm

from benchmarks.calibration import run_calibration
from benchmarks.json_report import write_json
from benchmarks.simulated_checks import INSTRUCTIONS, PROBES, Design, draw_checks
from pytest_kvguard.reports.comparison.compare import Comparison, compare_runs
from pytest_kvguard.reports.comparison.run_files import Run
from pytest_kvguard.stats.intervals import wilson_interval
from pytest_kvguard.stats.run_changes import SIGNIFICANCE_LEVEL, Direction

__all__ = ["ComparisonRates", "Situation", "format_table", "main", "measure"]

NULL_PROMPTS, POWER_PROMPTS = (9, 33), (17, 33, 65)
MANY_CELLS = 17
"""Prompts of the runs with several cells."""

DEPENDENCE = 0.5
HEAD = {
    "complete": True,
    "run": {"model": "simulated", "cells": []},
    "environment": {},
    "timing": {"started": "2026-01-01T00:00:00+00:00", "seconds": 0.0},
    "tool": {"version": None},
    "gates": [],
    "broken": [],
}


@dataclass(frozen=True)
class Situation:
    """Two simulated runs.

    Attributes:
        prompts: orders of the contract; the checks of an order depend on each other.
        cells: compressed cells of both runs.
        drop: the true drop of adherence in the first cell, 0..1.
        dependence: correlation between checks of one order, 0..1.
    """

    prompts: int
    cells: int = 1
    drop: float = 0.0
    dependence: float = DEPENDENCE


@dataclass(frozen=True)
class ComparisonRates:
    """What comparisons of one situation said.

    Attributes:
        worse, better: number of comparisons that said so.
        rate, low, high: share that said worse, or either where there is no drop, with its 95 % interval.
        new_losses: items that were newly lost, mean over comparisons.
        smallest: the smallest difference that could have been shown, mean over comparisons; None if none could.
    """

    situation: Situation
    runs: int
    worse: int
    better: int
    rate: float
    low: float
    high: float
    new_losses: float
    smallest: float | None


def measure(situation: Situation, runs: int, seed: int) -> ComparisonRates:
    """Simulate a situation ``runs`` times and return what the comparisons said."""
    random = np.random.default_rng([seed, *repr(situation).encode()])
    compared = [_compare(situation, random) for _ in range(runs)]
    said = [comparison.direction for comparison in compared]
    worse, better = said.count(Direction.WORSE), said.count(Direction.BETTER)
    counted = worse if situation.drop else worse + better
    low, high = wilson_interval(counted, runs) or (0.0, 1.0)
    smallest = [next(iter(comparison.changes.values())).smallest for comparison in compared]
    shown = [value for value in smallest if value is not None]
    losses = fmean(comparison.new_losses for comparison in compared)
    return ComparisonRates(
        situation, runs, worse, better, counted / runs, low, high, losses, fmean(shown) if shown else None
    )


def _compare(situation: Situation, random: np.random.Generator) -> Comparison:
    before: list[dict[str, Any]] = []
    after: list[dict[str, Any]] = []
    for cell in range(situation.cells):
        drop = situation.drop if cell == 0 else 0.0
        drawn = draw_checks(Design(situation.prompts, 0.0, drop, dependence=situation.dependence), random)
        possible = _possible_cases(situation.prompts, cell)
        for cases, held in zip((before, after), drawn, strict=True):
            cases += [either[holds] for either, holds in zip(possible, held.ravel().tolist(), strict=True)]
    runs = (Run(name, ({**HEAD, "cases": cases},)) for name, cases in (("before", before), ("after", after)))
    return compare_runs(*runs)


@cache
def _possible_cases(prompts: int, cell: int) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return every case in both outcomes: lost, and held."""
    places = product(range(prompts), PROBES, INSTRUCTIONS)
    return [(_case(*place, cell, False), _case(*place, cell, True)) for place in places]


def _case(order: int, probe: str, instruction: str, cell: int, holds: bool) -> dict[str, Any]:
    verdict = "HELD" if holds else "LOST"
    check = {"rule": "contains", "verdict": verdict, "baseline": {"holds": True, "expected": "", "observed": ""}}
    reply = [{"text": verdict, "tokens": 1, "stopped": "stop"}]
    return {
        "nodeid": f"{order} {probe} {instruction} {cell}",
        "file": "simulated.kv.yaml",
        "contract": "simulated",
        "probe": probe,
        "instruction": instruction,
        "instruction_text": "",
        "policy": f"random{cell}",
        "ratio": "0.5",
        "kernel": "sdpa",
        "order": [str(order)],
        "order_index": order,
        "turns": [""],
        "verdict": verdict,
        "checks": [{**check, "compressed": {"holds": holds, "expected": "", "observed": ""}}],
        "baseline": reply,
        "compressed": reply,
        "cache": None,
        "keep_rate": None,
    }


def _null_situations() -> Iterator[Situation]:
    """Yield runs that differ in a harmless change alone."""
    for prompts in NULL_PROMPTS:
        yield from (Situation(prompts, dependence=dependence) for dependence in (0.0, DEPENDENCE))
    yield Situation(MANY_CELLS, cells=4)


def _power_situations() -> Iterator[Situation]:
    yield from (Situation(prompts, drop=drop) for prompts in POWER_PROMPTS for drop in (0.05, 0.1))
    yield Situation(MANY_CELLS, cells=4, drop=0.1)


def format_table(title: str, rates: Sequence[ComparisonRates]) -> str:
    """Return a table of situations as text."""
    lines = [title, "prompts  cells  drop  dependence    said  95 % interval  newly lost  smallest"]
    for row in rates:
        situation = row.situation
        smallest = "n/a" if row.smallest is None else f"{100 * row.smallest:.1f}"
        lines.append(
            f"{situation.prompts:<7}  {situation.cells:5}  {situation.drop:4.2f}  {situation.dependence:10.1f}"
            f"  {100 * row.rate:5.1f}%  {100 * row.low:5.1f} - {100 * row.high:4.1f}%  {row.new_losses:10.1f}"
            f"  {smallest:>8}"
        )
    return "\n".join(lines)


def _measure_all(options: argparse.Namespace) -> list[Situation]:
    nulls, powers = list(_null_situations()), list(_power_situations())
    shown = tqdm([*nulls, *powers], unit="situation", leave=False, disable=None)
    rates = [measure(situation, options.runs, options.seed) for situation in shown]
    level = f"at significance level {SIGNIFICANCE_LEVEL:g}, {options.runs} pairs of runs each"
    print(format_table(f"Equal runs that were called worse or better, {level}", rates[: len(nulls)]))
    print(format_table(f"\nDrops that were called worse, {level}", rates[len(nulls) :]))
    write_json(options.json, {"level": SIGNIFICANCE_LEVEL, "outcomes": [asdict(row) for row in rates]})
    return [row.situation for row in rates[: len(nulls)] if row.low > SIGNIFICANCE_LEVEL]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code, 1 when false alarms are more frequent than the significance level."""
    return run_calibration("compare_calibration", __doc__, "simulated pairs of runs", _measure_all, arguments)


if __name__ == "__main__":
    sys.exit(main())
