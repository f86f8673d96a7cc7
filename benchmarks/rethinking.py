"""The figures of "Rethinking Key-Value Cache Compression Techniques for LLM Serving" (arXiv:2503.24000), from its data.

Run ``python -m benchmarks.rethinking --help``. It runs no model, but reads scores and timings from files.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.json_report import run_report
from benchmarks.measurement_plan import errors_from_few
from pytest_kvguard.errors import UsageError
from pytest_kvguard.reports.negatives import negatives_text
from pytest_kvguard.serving_cost.negative_samples import count_negatives
from pytest_kvguard.serving_cost.score_files import baseline_of, read_scores
from pytest_kvguard.serving_cost.throughput import LEAST_POINTS, StageKey, Timing, leave_one_out, read_throughput

__all__ = ["fit_accuracy", "main", "make_report"]

KINDS = ("*.jsonl", "*.jsonl.gz", "*.csv", "*.csv.gz")
THROUGHPUT = "throughput-"
"""Files whose names begin with this hold timings; all others of these kinds hold scores."""

FEW = 6

Report = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code, 2 if a file cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rethinking", description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, help=f"folder of {', '.join(KINDS)}; {THROUGHPUT}… are timings"
    )
    parser.add_argument("--baseline", metavar="METHOD", help="the uncompressed one (default: recognized by its name)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    options = parser.parse_args(arguments)
    return run_report(options.json, lambda: make_report(options.data, options.baseline), _screen)


def make_report(folder: Path, baseline: str | None = None) -> Report:
    """Return all figures of a folder's files.

    Raises:
        UsageError: the folder holds no data, or a file cannot be read.
    """
    files = sorted(path for pattern in KINDS for path in folder.glob(pattern))
    if not files:
        raise UsageError(f"{folder} holds no file of scores or timings ({', '.join(KINDS)}). Name the data's folder.")
    timings = [path for path in files if path.name.startswith(THROUGHPUT)]
    scores = [path for path in files if path not in timings]
    report: Report = {}
    if scores:
        by_method = read_scores(scores)
        report |= count_negatives(by_method, baseline_of(tuple(by_method), baseline))
    report["throughput"] = {_name(path): fit_accuracy(read_throughput(path)) for path in timings}
    return report


def _name(path: Path) -> str:
    return re.sub(r"\.(csv|jsonl)(\.gz)?$", "", path.name.removeprefix(THROUGHPUT))


def fit_accuracy(timings: Mapping[StageKey, Sequence[Timing]]) -> Report:
    """Return the roofline's accuracy on points that it was not fitted to, in percent: over all models and by model.

    Each model and stage has a fit of its own; accuracy is 100 minus the mean relative error over all points.
    """
    models = sorted({model for _, model, _ in timings})
    by_model = {
        model: _accuracies({key: points for key, points in timings.items() if key[1] == model}) for model in models
    }
    return {**_accuracies(timings), "by_model": by_model}


def _accuracies(timings: Mapping[StageKey, Sequence[Timing]]) -> Report:
    measured = [(stage, points) for (*_, stage), points in timings.items()]
    left_out = [e for stage, points in measured if len(points) > LEAST_POINTS for e in leave_one_out(stage, points)]
    few = [e for stage, points in measured if len(points) > FEW for e in errors_from_few(stage, points, FEW)]
    return {
        "loo": round(100 - 100 * fmean(left_out), 3) if left_out else None,
        "six_points": round(100 - 100 * fmean(few), 3) if few else None,
        "points": len(left_out),
    }


def _screen(report: Report) -> Iterator[str]:
    if "pairs" in report:
        yield negatives_text(report)
        yield ""
    yield f"{'throughput, accuracy in %':<26}{'leave-one-out':>14}{'six points':>12}{'points':>8}"
    for name, overall in report["throughput"].items():
        by_model = {f"  {model}": row for model, row in overall["by_model"].items()}
        for label, row in {name: overall, **by_model}.items():
            texts = ("n/a" if row[key] is None else f"{row[key]:.1f}" for key in ("loo", "six_points"))
            yield f"{label:<26}{next(texts):>14}{next(texts):>12}{row['points']:>8}"


if __name__ == "__main__":
    sys.exit(main())
