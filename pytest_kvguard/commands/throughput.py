"""throughput: rooflines fitted to timings, their accuracy, and their predictions."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from math import inf
from pathlib import Path
from statistics import fmean

from pytest_kvguard.commands.output_file import require_json_output, write_json
from pytest_kvguard.errors import UsageError
from pytest_kvguard.reports.printable import printable
from pytest_kvguard.reports.throughput import Fitted, prediction_lines, roofline_lines
from pytest_kvguard.runs.given import shown
from pytest_kvguard.serving_cost.throughput import (
    Prediction,
    Roofline,
    StageKey,
    Timing,
    fit_roofline,
    leave_one_out,
    read_throughput,
)

__all__ = ["HELP", "add_arguments", "run"]

HELP = "fit rooflines to timings of prefill and decoding, and predict what was not measured"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("files", type=Path, nargs="+", metavar="TIMINGS", help=".csv or .jsonl, also .gz")
    parser.add_argument(
        "--at", action="append", default=[], metavar="BxN", help="predict batch B of N tokens, e.g. 8x2048"
    )
    parser.add_argument("--budget", type=float, metavar="N", help="tokens a cache is limited to (default: fitted)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")


def run(options: argparse.Namespace) -> int:
    """Print the fits and the predictions.

    Raises:
        UsageError: a file cannot be read or holds too few timings, or ``--at`` or ``--budget`` is malformed.
    """
    if options.budget is not None and not 1 <= options.budget < inf:
        raise UsageError(f"--budget={options.budget}: write the tokens that a cache is limited to, 1 or more.")
    places = [_place(text) for text in options.at]
    require_json_output("throughput", options.json)
    measured = _read(options.files)
    fitted = {key: _fit(key, points, options.budget) for key, points in measured.items()}
    predicted = {key: [(place, roofline.predict(*place)) for place in places] for key, (roofline, _) in fitted.items()}
    print(printable("\n".join(roofline_lines(fitted))))
    if places:
        print(printable("\n".join(["", *prediction_lines(predicted)])))
    if options.json:
        write_json("throughput", options.json, {"rooflines": list(_records(fitted, predicted))})
    return 0


def _place(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,12})[x×](\d{1,12})", text.strip())
    if match is None or not all(map(int, match.groups())):
        raise UsageError(f"--at={shown(text)}: write the batch and the tokens of each context, e.g. --at=8x2048.")
    return int(match[1]), int(match[2])


def _read(files: Sequence[Path]) -> dict[StageKey, tuple[Timing, ...]]:
    measured: dict[StageKey, tuple[Timing, ...]] = {}
    for path in files:
        for key, points in read_throughput(path).items():
            if key in measured:
                method, model, stage = key
                raise UsageError(f"{path} holds timings of {method}, {model}, {stage} again. Put them into one file.")
            measured[key] = points
    if not measured:
        raise UsageError("The files hold no timing. Columns: bsz, prompt_len, stage, thr or seconds.")
    return measured


def _fit(key: StageKey, points: Sequence[Timing], budget: float | None) -> tuple[Roofline, float]:
    stage = key[2]
    held = budget if stage == "decode" else None
    roofline = fit_roofline(stage, points, held)
    return roofline, 1 - fmean(leave_one_out(stage, points, held))


def _records(
    fitted: Fitted, predicted: Mapping[StageKey, Sequence[tuple[tuple[int, int], Prediction]]]
) -> Iterator[dict[str, object]]:
    for key, (roofline, accuracy) in fitted.items():
        expected = [{"batch": b, "tokens": n, **asdict(prediction)} for (b, n), prediction in predicted[key]]
        budget = roofline.budget if roofline.budget < float("inf") else None
        names = dict(zip(("method", "model", "stage"), key, strict=True))
        yield {**names, **asdict(roofline), "budget": budget, "accuracy": accuracy, "predictions": expected}
