"""What a cell costs as a sweep grows: more cells, longer contexts, more orders, with and without a long preamble.

Run ``python -m benchmarks.cost_curves --help``. A cell is one reply under one policy and ratio. Time is the
processor's, so a busy machine tells the same, more or less; run it with OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from benchmarks.curve_jobs import Run, cells_run, contexts_run, distinct_prefixes, orders_run, preamble_run, prefill_all
from benchmarks.json_report import run_report
from benchmarks.sweep_cells import run_cells
from benchmarks.timing_options import check_counts
from pytest_kvguard.errors import UsageError
from pytest_kvguard.models.load_model import DTYPES, LoadedModel, ModelOptions, load_model

__all__ = ["CURVES", "Point", "main", "parse_sizes", "points_of"]

CURVES = {"cells": "16,64,256,1024", "context": "256,1024,4096,7680", "orders": "1,4,16,64", "preamble": "1,4,16"}
"""By name, the sizes that are measured unless others are given."""

FLAT = 1.1
"""A curve rises where a point lies so much above the lowest one before it."""


@dataclass(frozen=True)
class Point:
    """One size of one curve.

    Attributes:
        curve: its name.
        size: cells, context tokens or orders.
        cells: how many replies were made.
        context_tokens: mean length of a context.
        cpu_seconds: of all of it.
        prefill_seconds: of prefilling all contexts, nothing recorded, measured apart.
        shared_share: of the tokens that are computed, how many a tree of all prefixes would not compute again, 0..1.
    """

    curve: str
    size: int
    cells: int
    context_tokens: float
    cpu_seconds: float
    prefill_seconds: float
    shared_share: float

    @property
    def unit_seconds(self) -> float:
        """What is to fall or stay flat: seconds per cell; on the curve of contexts, per cell and 1000 tokens of it."""
        each = self.cpu_seconds / self.cells
        return 1000 * each / self.context_tokens if self.curve == "context" else each

    @property
    def tree_share(self) -> float:
        """Share of the time that a tree of all prefixes could still save at most, 0..1."""
        return self.shared_share * self.prefill_seconds / self.cpu_seconds


def parse_sizes(name: str, text: str) -> tuple[int, ...]:
    """Return the sizes of a curve, ascending; none where it is left out.

    Raises:
        UsageError: no whole numbers, or cells that are no multiple of 16.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isdecimal() and int(part) for part in parts):
        raise UsageError(f"--{name}={text} is no list of whole numbers. Write e.g. --{name}={CURVES[name]}.")
    return tuple(sorted({int(part) for part in parts}))


def points_of(
    model: LoadedModel, curve: str, runs: Sequence[tuple[int, Run]], clock: Callable[[], float] = time.process_time
) -> Iterator[Point]:
    """Yield the points of one curve."""
    for size, run in runs:
        start = clock()
        run_cells(model, run.jobs)
        whole = clock() - start
        start = clock()
        computed = prefill_all(model, run.jobs)
        prefills = clock() - start
        tokens = sum(map(len, run.contexts))
        shared = 1 - distinct_prefixes(run.contexts) / computed
        yield Point(curve, size, len(run.jobs), tokens / len(run.contexts), whole, prefills, shared)


def _rises(points: Sequence[Point]) -> list[bool]:
    """Say of each point whether it lies above the lowest one before it."""
    lowest = list(accumulate((point.unit_seconds for point in points), min))
    return [False, *(p.unit_seconds > FLAT * low for p, low in zip(points[1:], lowest, strict=False))][: len(points)]


def _measure(options: argparse.Namespace) -> dict[str, Any]:
    sizes = {name: parse_sizes(name, getattr(options, name)) for name in CURVES}
    check_counts(options, ("new",))
    plans: dict[str, Callable[[LoadedModel, int, int], Run]] = {
        "cells": cells_run,
        "context": contexts_run,
        "orders": orders_run,
        "preamble": preamble_run,
    }
    model = load_model(ModelOptions(name=options.model, dtype=options.dtype))
    run_cells(model, cells_run(model, 16, 1).jobs)  # tries out once whether company changes a row's bits
    rows: list[dict[str, Any]] = []
    for name, plan in plans.items():
        points = list(points_of(model, name, [(size, plan(model, size, options.new)) for size in sizes[name]]))
        for point, rises in zip(points, _rises(points), strict=True):
            figures = {"unit_seconds": point.unit_seconds, "tree_share": point.tree_share}
            rows.append({**asdict(point), **figures, "rises": rises})
    return {"model": options.model, "dtype": options.dtype, "new": options.new, "points": rows}


def _screen(report: dict[str, Any]) -> Iterator[str]:
    yield "curve     size  cells  context  cpu s  s per cell  …and 1000 tokens  prefill  tree saves at most"
    for row in report["points"]:
        each = row["cpu_seconds"] / row["cells"]
        tokens, prefill = 1000 * each / row["context_tokens"], row["prefill_seconds"] / row["cpu_seconds"]
        yield (
            f"{row['curve']:<8}{row['size']:>6}{row['cells']:>7}{row['context_tokens']:>9.0f}{row['cpu_seconds']:>7.1f}"
            f"{each:>12.3f}{tokens:>18.3f}{prefill:>9.0%}{row['tree_share']:>20.1%}{'  rises' if row['rises'] else ''}"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cost_curves", description=__doc__)
    for name, sizes in CURVES.items():
        parser.add_argument(f"--{name}", default=sizes, help="sizes of this curve; empty leaves it out (%(default)s)")
    parser.add_argument("--new", type=int, default=8, help="tokens of every reply (%(default)s)")
    parser.add_argument("--model", default="smollm2", help="hub id, directory, GGUF file, or %(default)s")
    parser.add_argument("--dtype", default="float32", choices=DTYPES, help="dtype of the weights (%(default)s)")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    options = parser.parse_args(arguments)
    return run_report(options.json, lambda: _measure(options), _screen)


if __name__ == "__main__":
    sys.exit(main())
