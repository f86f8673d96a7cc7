"""The rates at which a contract's gate raises false alarms and sees real drops: simulated replies, no model.

Run ``python -m benchmarks.gate_calibration --help``. The simulated contract has 4 instructions that are checked under 3
probes; the simulated results go through the gate's own code, as results of the plugin do. Two further tables are of the
tests alone: beside Holm's correction, and of the proof that no drop is too large.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import product
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from tqdm import tqdm

from benchmarks.calibration import run_calibration
from benchmarks.gate_procedures import measure_procedures, procedure_designs, procedure_table, proof_designs
from benchmarks.json_report import write_json
from benchmarks.simulated_checks import INSTRUCTIONS, PROBES, SIGNIFICANCE_LEVEL, Design, draw_checks
from pytest_kvguard.contract.model import Contract, Gate, Instruction, Orderings, Probe
from pytest_kvguard.evaluation.judge_gate import judge_gates
from pytest_kvguard.stats.intervals import wilson_interval
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.gates import GateResult
from pytest_kvguard.values.results import (
    Arm,
    CaseId,
    CaseResult,
    Check,
    CheckPair,
    Reply,
)

__all__ = ["GateFailures", "format_table", "main", "measure"]

CELL = Cell.of("random", "0.5")
NULL_SIZES, POWER_SIZES = (9, 17, 33), (17, 33, 65)
ARM = Arm((Reply("", (), "stop"),))


@dataclass(frozen=True)
class GateFailures:
    """The failures of the gate in one situation.

    Attributes:
        failed: runs whose gate failed on a drop.
        rate, low, high: share of failed runs, with its 95 % interval.
        orders_run: orders run before the gate decided, mean over runs.
    """

    design: Design
    runs: int
    failed: int
    rate: float
    low: float
    high: float
    orders_run: float


def _judge(design: Design, random: np.random.Generator) -> GateResult:
    before, after = draw_checks(design, random)
    kinds = (2 * before + after).ravel().tolist()
    drawn = {
        id(case): results[kind] for (case, results), kind in zip(_possible_results(design.orders), kinds, strict=True)
    }
    cases = [case for case, _ in _possible_results(design.orders)]

    def run(requested: Sequence[CaseId]) -> list[CaseResult]:
        return [drawn[id(case)] for case in requested]

    return judge_gates(_contract(design), {CELL: cases}, run)[CELL]


@cache
def _possible_results(orders: int) -> list[tuple[CaseId, list[CaseResult]]]:
    """Return every case with its four possible results; the index is 2 × holds uncompressed + holds compressed."""
    places = product(range(orders), PROBES, INSTRUCTIONS)
    cases = [CaseId("simulated", probe, name, CELL, INSTRUCTIONS, order) for order, probe, name in places]
    return [(case, [_result(case, *held) for held in product((False, True), repeat=2)]) for case in cases]


def _contract(design: Design) -> Contract:
    parts = tuple(Instruction(name, name, checks=(("contains", name),)) for name in INSTRUCTIONS)
    probes = tuple(Probe(name, (name,)) for name in PROBES)
    gate = Gate(max_drop=design.max_drop, confidence=1 - SIGNIFICANCE_LEVEL)
    return Contract("simulated", Path("simulated.kv.yaml"), "", parts, probes, Orderings(design.orders - 1), gate)


def _result(case: CaseId, before: bool, after: bool) -> CaseResult:
    pair = CheckPair(Check("contains", before, "", ""), Check("contains", after, "", ""))
    return CaseResult(case, pair.verdict, (pair,), ARM, ARM, "")


def measure(design: Design, runs: int, seed: int) -> GateFailures:
    """Simulate a situation ``runs`` times and return the failures of the gate."""
    random = np.random.default_rng([seed, *design.__repr__().encode()])
    judged = [_judge(design, random) for _ in range(runs)]
    failed = sum(any(drop.failed for drop in result.drops) for result in judged)
    low, high = wilson_interval(failed, runs) or (0.0, 1.0)
    return GateFailures(design, runs, failed, failed / runs, low, high, fmean(result.orders_run for result in judged))


def _null_designs() -> Iterator[Design]:
    """Yield situations without a drop beyond the margin: without any drop, and with one that just reaches it."""
    for orders in NULL_SIZES:
        for margin in (0.0, 0.1):
            yield from (Design(orders, margin, margin, dependence=dependence) for dependence in (0.0, 0.5))


def _power_designs() -> Iterator[Design]:
    for orders in POWER_SIZES:
        yield from (Design(orders, 0.0, drop, hit=1) for drop in (0.05, 0.1))


def format_table(title: str, failures: Sequence[GateFailures]) -> str:
    """Return a table of situations as text."""
    lines = [title, "orders  max_drop  drop  in  dependence  failed  95 % interval  orders run"]
    for row in failures:
        design = row.design
        situation = (
            f"{design.orders:<6}  {design.max_drop:8.2f}  {design.drop:4.2f}  {design.hit:2}  {design.dependence:10.1f}"
        )
        lines.append(
            f"{situation}  {100 * row.rate:5.1f}%  {100 * row.low:5.1f} - {100 * row.high:4.1f}%"
            f"  {row.orders_run:10.1f}"
        )
    return "\n".join(lines)


def _measure_all(options: argparse.Namespace) -> list[Design]:
    nulls, powers = list(_null_designs()), list(_power_designs())
    bar: dict[str, Any] = {"unit": "situation", "leave": False, "disable": None}
    failures = [measure(design, options.runs, options.seed) for design in tqdm([*nulls, *powers], **bar)]
    title = f"False alarms at significance level {SIGNIFICANCE_LEVEL:g}, {options.runs} null runs each"
    print(format_table(title, failures[: len(nulls)]))
    print(
        format_table(
            f"\nPower at significance level {SIGNIFICANCE_LEVEL:g}, {options.runs} runs each", failures[len(nulls) :]
        )
    )
    procedures, proofs = (
        [measure_procedures(design, options.runs, options.seed) for design in tqdm(list(designs), **bar)]
        for designs in (procedure_designs(), proof_designs())
    )
    print(procedure_table(f"\nHolm's correction and step-down tests, {options.runs} runs each", procedures))
    print(procedure_table(f"\nA drop of more than 10 points is excluded, {options.runs} runs each", proofs, True))
    outcomes = [asdict(row) for row in failures]
    compared = {"procedures": [row.record for row in procedures], "proofs": [row.record for row in proofs]}
    write_json(options.json, {"level": SIGNIFICANCE_LEVEL, "outcomes": outcomes, **compared})
    return [row.design for row in failures[: len(nulls)] if row.low > SIGNIFICANCE_LEVEL]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code, 1 when false alarms are more frequent than the significance level."""
    return run_calibration("gate_calibration", __doc__, "simulated runs", _measure_all, arguments)


if __name__ == "__main__":
    sys.exit(main())
