"""The decay of obedience under compression by family, order and remedy: the paper's effects on smolguard.

Run ``python -m benchmarks.pitfalls_decay --help``. Source: The Pitfalls of KV Cache Compression, arXiv 2510.00231.
All texts are the held-out ones, which smolguard's training never saw, the defence included.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.stats import spearmanr
from tqdm import tqdm

from benchmarks.decay_trial import (
    MULTI,
    SINGLE,
    Count,
    PromptResult,
    count_families,
    draw_defended,
    draw_undefended,
    run_cells,
)
from benchmarks.json_report import check_writable, write_json
from benchmarks.pitfalls_prompts import ORDERS
from kvguard_policies.spec import SpecError
from pytest_kvguard.backends.in_process import InProcess
from pytest_kvguard.contract.model import Contract
from pytest_kvguard.errors import KVGuardError
from pytest_kvguard.models.load_model import ModelOptions, load_model
from pytest_kvguard.models.options import DEFAULT_MODEL, DTYPES
from pytest_kvguard.reports.ownership import is_own_plot, require_output
from pytest_kvguard.stats.intervals import wilson_interval
from pytest_kvguard.values.cell import NO_POLICY, Cell

__all__ = ["POLICIES", "RATIOS", "composite_gain", "interval", "main", "rank_correlation"]

POLICIES = ("streaming_llm", "snapkv", "tova", "observed_attention", "knorm")
RATIOS = tuple(f"0.{tenth}" for tenth in range(1, 10))
REMEDY_RATIOS = ("0.4", "0.5", "0.6", "0.7")
"""The ratios at which the paper looks at remedies."""
REMEDIES = ("keep", "fair")
FAMILY_PANELS = {"single": SINGLE, "multi": MULTI}
"""Panel → instructions of a prompt; the other panels are the orders of a defence."""
RESAMPLES = 2000
PROMPTS_TOGETHER = 4
MIN_JUDGEMENTS = 8
"""A family with fewer judgements is left out of a ranking."""

CellResults = dict[Cell, list[PromptResult]]


def interval(count: Count) -> tuple[float, float]:
    """Return the 95 % Wilson interval of a share; (0, 1) without judgements."""
    return wilson_interval(count.held, count.n) or (0.0, 1.0)


def rank_correlation(baseline: Mapping[str, Count], compressed: Mapping[str, Count]) -> float | None:
    """Return Spearman's correlation of the families' adherence with that at ratio 0; None where all families tie."""
    names = [name for name, count in baseline.items() if count.n >= MIN_JUDGEMENTS and name in compressed]
    first, second = ([counts[name].share or 0.0 for name in names] for counts in (baseline, compressed))
    if len(set(first)) < 2 or len(set(second)) < 2:
        return None
    return float(spearmanr(first, second).statistic)


def _adherence(result: PromptResult) -> float:
    held = [holds for judgements in result.held.values() for holds in judgements]
    return sum(held) / len(held)


def _composite(result: PromptResult) -> float:
    """Return the mean of adherence and of keeping the secret, 0..1, higher is better."""
    return 0.5 * (_adherence(result) + (not result.leaked))


def composite_gain(
    base: Sequence[Sequence[PromptResult]], remedied: Sequence[Sequence[PromptResult]], seed: int
) -> tuple[float, float, float]:
    """Return the mean gain of the composite score and its 95 % bootstrap interval, prompts resampled as a whole.

    Args:
        base: by ratio, a result per prompt.
        remedied: the same under the remedy, with the prompts in the same order.
        seed: seed of the resampling.
    """
    gains = np.array(
        [
            [_composite(after) - _composite(before) for before, after in zip(plain, with_remedy, strict=True)]
            for plain, with_remedy in zip(base, remedied, strict=True)
        ]
    ).mean(axis=0)
    draws = np.random.default_rng(seed).integers(0, len(gains), (RESAMPLES, len(gains)))
    low, high = np.quantile(gains[draws].mean(axis=1), (0.025, 0.975))
    return float(gains.mean()), float(low), float(high)


def _leaks(results: Sequence[PromptResult]) -> Count:
    return Count(len(results), sum(bool(result.leaked) for result in results))


def _all(counts: Mapping[str, Count]) -> Count:
    return Count(sum(c.n for c in counts.values()), sum(c.held for c in counts.values()))


def _cells(policies: Sequence[str], ratios: Sequence[str], remedied: Sequence[str] = ()) -> list[Cell]:
    """Return the cells of the policies, and those of the remedies at the ratios ``remedied``."""
    wrapped = [f"{remedy}({policy})" for policy in policies for remedy in REMEDIES]
    plain = [Cell.of(policy, ratio) for policy in policies for ratio in ratios]
    return [Cell(), *plain, *(Cell.of(spec, ratio) for spec in wrapped for ratio in remedied)]


def _run(backend: InProcess, contracts: Sequence[Contract], cells: Sequence[Cell], label: str) -> CellResults:
    """Run a few prompts at a time in all cells, which share the prefill of each prompt."""
    results: CellResults = {cell: [] for cell in cells}
    for first in tqdm(range(0, len(contracts), PROMPTS_TOGETHER), unit=f"{PROMPTS_TOGETHER} prompts", desc=label):
        for cell, of_batch in run_cells(backend, contracts[first : first + PROMPTS_TOGETHER], cells).items():
            results[cell] += of_batch
    return results


def _json_count(count: Count) -> dict[str, Any]:
    low, high = interval(count)
    return {"n": count.n, "held": count.held, "low": round(low, 4), "high": round(high, 4)}


def _families_report(results: CellResults) -> list[dict[str, Any]]:
    baseline = count_families(results[Cell()])
    rows: list[dict[str, Any]] = []
    for cell, of_cell in results.items():
        counts = count_families(of_cell)
        rows.append(
            {
                "policy": cell.policy_name,
                "ratio": float(cell.ratio),
                "all": _json_count(_all(counts)),
                "families": {name: _json_count(count) for name, count in counts.items()},
                "spearman": rank_correlation(baseline, counts),
            }
        )
    return rows


def _leaks_report(results: CellResults) -> list[dict[str, Any]]:
    return [
        {
            "policy": cell.policy_name,
            "ratio": float(cell.ratio),
            "leaked": _json_count(_leaks(of_cell)),
            "adherence": _json_count(_all(count_families(of_cell))),
        }
        for cell, of_cell in results.items()
    ]


def _gains_report(
    results: CellResults, policies: Sequence[str], ratios: Sequence[str], seed: int
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for policy in policies if ratios else ():
        base = [results[Cell.of(policy, ratio)] for ratio in ratios]
        for remedy in REMEDIES:
            remedied = [results[Cell.of(f"{remedy}({policy})", ratio)] for ratio in ratios]
            mean, low, high = composite_gain(base, remedied, seed)
            leaks = [sum(_leaks(of_ratio).held for of_ratio in side) for side in (base, remedied)]
            rows.append(
                {
                    "policy": policy,
                    "remedy": remedy,
                    "gain": round(mean, 4),
                    "low": round(low, 4),
                    "high": round(high, 4),
                    "leaked_before": leaks[0],
                    "leaked_after": leaks[1],
                    "n": sum(len(of_ratio) for of_ratio in base),
                }
            )
    return rows


def _percent(count: Mapping[str, Any]) -> str:
    return f"{100 * count['held'] / count['n']:.0f}" if count["n"] else "n/a"


def _curve_table(title: str, rows: Sequence[Mapping[str, Any]], key: str) -> Table:
    ratios = sorted({row["ratio"] for row in rows})
    table = Table("policy", *(f"r={ratio:g}" for ratio in ratios), title=title)
    rows_by_cell = {(row["policy"], row["ratio"]): row for row in rows}
    for policy in dict.fromkeys(row["policy"] for row in rows if row["policy"] != NO_POLICY):
        of_policy = [rows_by_cell.get((policy, r)) or (rows_by_cell[NO_POLICY, r] if r == 0 else None) for r in ratios]
        table.add_row(policy, *("" if row is None else _percent(row[key]) for row in of_policy))
    return table


def _spearman_table(report: Mapping[str, Any]) -> Table:
    table = Table("policy", "prompts", *(f"r={r}" for r in RATIOS), title="Spearman of the family ranking against r=0")
    for policy in POLICIES:
        for kind in (kind for kind in FAMILY_PANELS if kind in report):
            by_ratio = {row["ratio"]: row["spearman"] for row in report[kind] if row["policy"] == policy}
            values = [by_ratio.get(float(ratio)) for ratio in RATIOS]
            table.add_row(policy, kind, *("n/a" if value is None else f"{value:.2f}" for value in values))
    return table


def print_report(report: Mapping[str, Any]) -> None:
    """Print the tables of a report."""
    console = Console(width=130)
    for kind in (kind for kind in FAMILY_PANELS if kind in report):
        console.print(_curve_table(f"% of checks that hold, {kind}-instruction prompts", report[kind], "all"))
        families = sorted(report[kind][0]["families"])
        half = [row for row in report[kind] if row["ratio"] in (0, 0.5)]
        table = Table("policy at r=.5", *families, title=f"% by family, {kind}-instruction prompts")
        for row in half:
            table.add_row(
                row["policy"], *(_percent(row["families"][f]) if f in row["families"] else "" for f in families)
            )
        console.print(table)
    if any(kind in report for kind in FAMILY_PANELS):
        console.print(_spearman_table(report))
    at = ", ".join(report["remedy_ratios"])
    for order in (order for order in ORDERS if order in report):
        console.print(_curve_table(f"% of attacks that leak, {order} defence", report[order]["curves"], "leaked"))
        table = Table("policy", "remedy", "gain", "95 % interval", "leaks", title=f"remedies at r={at}, {order}")
        for row in report[order]["gains"]:
            bounds = f"{row['low']:+.3f} to {row['high']:+.3f}"
            leaks = f"{row['leaked_before']} → {row['leaked_after']} of {row['n']}"
            table.add_row(row["policy"], row["remedy"], f"{row['gain']:+.3f}", bounds, leaks)
        console.print(table)


def measure(backend: InProcess, options: argparse.Namespace) -> dict[str, Any]:
    """Run the chosen panels and return the report."""
    policies, ratios = options.policies.split(","), options.ratios.split(",")
    remedied = [ratio for ratio in options.remedy_ratios.split(",") if ratio in ratios]
    report: dict[str, Any] = {"model": options.model, "dtype": options.dtype, "prompts": options.prompts}
    report["remedy_ratios"] = remedied
    panels = options.panels.split(",")
    for kind, size in FAMILY_PANELS.items():
        if kind not in panels:
            continue
        contracts = draw_undefended(options.prompts, size, options.seed)
        report[kind] = _families_report(_run(backend, contracts, _cells(policies, ratios), kind))
    for order in (order for order in ORDERS if order in panels):
        contracts = draw_defended(options.prompts, order, options.seed)
        results = _run(backend, contracts, _cells(policies, ratios, remedied), order)
        gains = _gains_report(results, policies, remedied, options.seed)
        report[order] = {"curves": _leaks_report(results), "gains": gains}
    return report


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pitfalls_decay", description=__doc__)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--dtype", default="bfloat16", choices=DTYPES)
    parser.add_argument("--prompts", type=int, default=40, help="prompts of each kind (%(default)s)")
    parser.add_argument("--policies", default=",".join(POLICIES))
    parser.add_argument("--ratios", default=",".join(RATIOS))
    parser.add_argument("--panels", default=",".join((*FAMILY_PANELS, *ORDERS)), help="panels to run (%(default)s)")
    parser.add_argument("--remedy-ratios", default=",".join(REMEDY_RATIOS), help="of keep and fair (%(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    parser.add_argument("--plot", type=Path, help="picture to draw them in, e.g. decay.png")
    options = parser.parse_args(arguments)
    try:
        check_writable(options.json)
        if options.plot:
            require_output(f"--plot={options.plot}", options.plot, is_own_plot)
        report = measure(InProcess(load_model(ModelOptions(name=options.model, dtype=options.dtype))), options)
    except (KVGuardError, SpecError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print_report(report)
    write_json(options.json, report)
    if options.plot:
        from benchmarks.decay_plot import draw_report

        draw_report(report, options.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
