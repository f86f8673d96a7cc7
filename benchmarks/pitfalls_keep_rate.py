"""The share of a directive and of its defence that survives compression: the paper's figure, prefill only.

Run ``python -m benchmarks.pitfalls_keep_rate --help``. Source: The Pitfalls of KV Cache Compression, arXiv 2510.00231.
The model is always the stock SmolLM2-135M-Instruct in float32.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from statistics import fmean

from tqdm import tqdm

from benchmarks.json_report import check_writable, write_json
from benchmarks.pitfalls_prompts import (
    DefendedPrompt,
    check_order,
    defended_text,
    read_directives,
    render_prompt,
    shuffled,
)
from kvguard_policies import Need, Policy, PolicyError, compress, load, parse_ratio, prefill
from kvguard_policies.spec import SpecError
from pytest_kvguard.contract.token_spans import Interval
from pytest_kvguard.engine.jobs import KeptEntries
from pytest_kvguard.errors import KVGuardError, UsageError
from pytest_kvguard.models.load_model import LoadedModel, ModelOptions, load_model

__all__ = ["DefendedKeepRate", "format_table", "main", "measure_keep_rates", "parse_ratios", "to_json"]

MODEL = ModelOptions(name="smollm2", dtype="float32")


@dataclass(frozen=True)
class DefendedKeepRate:
    """The keep rates of a directive and its defence at one ratio, means over the rows.

    Attributes:
        ratio: fraction of the removed entries.
        directive, defence: percent of the part's entries that are kept.
    """

    ratio: Fraction
    directive: float
    defence: float


def parse_ratios(text: str) -> tuple[Fraction, ...]:
    """Return the ratios of a comma-separated list, exactly as written.

    Raises:
        SpecError: one of them is not a ratio.
        UsageError: the list is empty.
    """
    ratios = tuple(parse_ratio(part) for part in text.split(",") if part.strip())
    if not ratios:
        raise UsageError("--ratios is empty. Write e.g. --ratios=0.2,0.4.")
    return ratios


def measure_keep_rates(
    loaded: LoadedModel, prompts: Iterable[DefendedPrompt], policies: Mapping[str, Policy], ratios: Sequence[Fraction]
) -> dict[str, tuple[DefendedKeepRate, ...]]:
    """Return the keep rates under every policy at every ratio; every prompt is prefilled once.

    Args:
        loaded: the model.
        prompts: at least one prompt.
        policies: name → policy.
        ratios: fractions of the entries to remove.

    Returns:
        name → a keep rate per ratio, in order.
    """
    kept: dict[str, list[list[tuple[float, float]]]] = {name: [[] for _ in ratios] for name in policies}
    for prompt in prompts:
        needs = frozenset[Need]().union(*(policy.needs(prompt.layout) for policy in policies.values()))
        record = prefill(loaded.model, prompt.token_ids, prompt.layout, needs)
        for name, policy in policies.items():
            for ratio, rows in zip(ratios, kept[name], strict=True):
                cache = compress(record, policy, ratio)
                positions = tuple(cache.layers[i].positions for i in cache.compressible_layers)
                rows.append(_parts_kept(KeptEntries(positions, record.tokens), prompt))
    return {name: tuple(map(_mean_over_rows, ratios, by_ratio)) for name, by_ratio in kept.items()}


def _parts_kept(kept: KeptEntries, prompt: DefendedPrompt) -> tuple[float, float]:
    return _percent(kept, prompt.directive), _percent(kept, prompt.defence)


def _percent(kept: KeptEntries, intervals: tuple[Interval, ...]) -> float:
    """Return the percentage of KV heads that kept a position, mean over the span and over layers."""
    return 100 * fmean(kept.keep_rates(intervals))


def _mean_over_rows(ratio: Fraction, rows: Sequence[tuple[float, float]]) -> DefendedKeepRate:
    directive, defence = (fmean(part) for part in zip(*rows, strict=True))
    return DefendedKeepRate(ratio, directive, defence)


def to_json(policy: str, order: str, rates: Sequence[DefendedKeepRate]) -> dict[str, object]:
    """Return the report of one policy and one order as plain values."""
    rows = [
        {"ratio": float(r.ratio), "directive": round(r.directive, 4), "defense": round(r.defence, 4)} for r in rates
    ]
    return {"policy": policy, "order": order, "rows": rows}


def format_table(policy: str, order: str, rows: int, rates: Sequence[DefendedKeepRate]) -> str:
    """Return the report as text."""
    lines = [f"{policy}, {order} order, {rows} rows: % of KV entries kept", "ratio  directive  defence"]
    lines += [f"{float(r.ratio):<5g}  {r.directive:9.1f}  {r.defence:7.1f}" for r in rates]
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pitfalls_keep_rate", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="sys_ifeval.jsonl, or the folder that holds it")
    parser.add_argument("--rows", type=int, default=40, help="rows after the authors' shuffle (%(default)s)")
    parser.add_argument("--order", default="standard", help="standard: defence first; flipped: defence last")
    parser.add_argument("--policy", required=True, help="a policy spec, e.g. snapkv or 'fair(snapkv)'")
    parser.add_argument("--ratios", default="0.2,0.4,0.5,0.6,0.8", help="fractions to remove (%(default)s)")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    return parser


def _run(options: argparse.Namespace) -> None:
    """Measure and report, after checking every argument before the model loads."""
    check_order(options.order)
    ratios = parse_ratios(options.ratios)
    directives = shuffled(read_directives(options.data), options.rows)
    check_writable(options.json)
    policy = load(options.policy)
    loaded = load_model(MODEL)
    prompts = [render_prompt(loaded.tokenizer, defended_text(text, options.order)) for text in directives]
    progress = tqdm(prompts, unit="row", leave=False, disable=None)
    rates = measure_keep_rates(loaded, progress, {options.policy: policy}, ratios)[options.policy]
    print(format_table(options.policy, options.order, options.rows, rates))
    write_json(options.json, to_json(options.policy, options.order, rates))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        _run(options)
    except (KVGuardError, SpecError, PolicyError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
