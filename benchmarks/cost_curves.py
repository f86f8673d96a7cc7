"""The cost of a cell as a sweep grows: more cells, longer contexts, more orders, with and without a long preamble.

Run ``python -m benchmarks.cost_curves --help``. A cell is one reply under one policy and ratio. Time is the
processor's, so that a busy machine gives about the same figures; run it with OMP_NUM_THREADS=1.
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

from benchmarks.curve_jobs import (
    CurveJobs,
    cell_jobs,
    context_jobs,
    count_distinct_tokens,
    order_jobs,
    preamble_jobs,
    prefill_all,
)
from benchmarks.json_report import run_report
from benchmarks.sweep_cells import run_cells
from benchmarks.timing_options import check_counts
from pytest_kvguard.errors import UsageError
from pytest_kvguard.models.load_model import LoadedModel, ModelOptions, load_model
from pytest_kvguard.models.options import DTYPES

__all__ = ["CURVES", "Point", "main", "measure_points", "parse_sizes"]

CURVES = {"cells": "16,64,256,1024", "context": "256,1024,4096,7680", "orders": "1,4,16,64", "preamble": "1,4,16"}
"""Default sizes of each curve."""

RISE_FACTOR = 1.1
"""A curve rises where a point exceeds the lowest one before it by more than this factor."""


@dataclass(frozen=True)
class Point:
    """The figures of one size of a curve.

    Attributes:
        curve: its name.
        size: cells, context tokens or orders.
        cells: number of replies.
        context_tokens: mean length of a context.
        cpu_seconds: of all cells.
        prefill_seconds: of prefilling all contexts without recording, measured separately.
        shared_share: share of the prefilled tokens that a tree of all prefixes would not compute again, 0..1.
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
        """Seconds per cell or, on the curve of contexts, per cell and 1000 context tokens; should not rise."""
        each = self.cpu_seconds / self.cells
        return 1000 * each / self.context_tokens if self.curve == "context" else each

    @property
    def tree_share(self) -> float:
        """Largest share of the time that a tree of all prefixes could still save, 0..1."""
        return self.shared_share * self.prefill_seconds / self.cpu_seconds


def parse_sizes(name: str, text: str) -> tuple[int, ...]:
    """Return the sizes of a curve, ascending; an empty text leaves the curve out.

    Raises:
        UsageError: a size is not a whole number of 1 or more.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isdecimal() and int(part) for part in parts):
        raise UsageError(f"--{name}={text} is not a list of whole numbers. Write e.g. --{name}={CURVES[name]}.")
    return tuple(sorted({int(part) for part in parts}))


def measure_points(
    model: LoadedModel,
    curve: str,
    sized_jobs: Sequence[tuple[int, CurveJobs]],
    clock: Callable[[], float] = time.process_time,
) -> Iterator[Point]:
    """Yield a point of a curve for each size and its jobs."""
    for size, work in sized_jobs:
        start = clock()
        run_cells(model, work.jobs)
        whole = clock() - start
        start = clock()
        computed = prefill_all(model, work.jobs)
        prefills = clock() - start
        tokens = sum(map(len, work.contexts))
        shared = 1 - count_distinct_tokens(work.contexts) / computed
        yield Point(curve, size, len(work.jobs), tokens / len(work.contexts), whole, prefills, shared)


def _rises(points: Sequence[Point]) -> list[bool]:
    """Return, for each point, whether the curve rises there."""
    lowest = list(accumulate((point.unit_seconds for point in points), min))
    return [False, *(p.unit_seconds > RISE_FACTOR * low for p, low in zip(points[1:], lowest, strict=False))][
        : len(points)
    ]


def _measure(options: argparse.Namespace) -> dict[str, Any]:
    sizes = {name: parse_sizes(name, getattr(options, name)) for name in CURVES}
    check_counts(options, ("new",))
    plans: dict[str, Callable[[LoadedModel, int, int], CurveJobs]] = {
        "cells": cell_jobs,
        "context": context_jobs,
        "orders": order_jobs,
        "preamble": preamble_jobs,
    }
    model = load_model(ModelOptions(name=options.model, dtype=options.dtype))
    run_cells(model, cell_jobs(model, 16, 1).jobs)  # tests batch invariance, once per model
    rows: list[dict[str, Any]] = []
    for name, plan in plans.items():
        points = list(measure_points(model, name, [(size, plan(model, size, options.new)) for size in sizes[name]]))
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
