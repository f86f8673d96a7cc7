"""Timings of prefill and decoding at a few batches and lengths, the rooflines fitted to them, and their errors."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.measurement_plan import choose_points
from kvguard_policies.compression import compress, prefill
from pytest_kvguard.engine.decode import Row, decode_rows
from pytest_kvguard.engine.stopwatch import read_stopwatch
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.serving_cost.throughput import Roofline, Timing, fit_roofline, relative_error

__all__ = ["BATCHES", "TOKENS", "format_rooflines", "measure_rooflines", "write_timings"]

BATCHES, TOKENS = (1, 4, 16), (128, 384, 768)
"""The grid of points to measure; the held-out points lie on it, too."""

STEPS = 8
FED_TOKENS = 4
"""Tokens between the context and the reply."""

HELD_OUT = 2
BEYOND = (32, 2048)
"""A batch and a length outside of the grid, which the roofline predicts, too."""

Report = dict[str, Any]


def measure_rooflines(model: LoadedModel, points: int) -> dict[str, Report]:
    """Return, for both stages, the points, the fit, its predictions of held-out points and of one beyond them all."""
    grids = {
        "prefill": [(1, tokens) for tokens in _between(TOKENS)],
        "decode": [(b, n) for b in BATCHES for n in TOKENS],
    }
    return {stage: _stage(model, stage, grid, points) for stage, grid in grids.items()}


def _between(lengths: Sequence[int]) -> list[int]:
    """Return nine lengths in equal steps from the least to the most, for prefills of one context at a time."""
    low, high = min(lengths), max(lengths)
    return [low + (high - low) * step // 8 for step in range(9)]


def _stage(model: LoadedModel, stage: str, grid: Sequence[tuple[int, int]], points: int) -> Report:
    chosen = [grid[index] for index in choose_points(stage, grid, points)]
    held_out = [place for place in grid if place not in chosen][:HELD_OUT]
    _time(model, stage, 1, TOKENS[0])  # one-time work of the first run belongs to no point
    measured = [Timing(*place, _time(model, stage, *place)) for place in chosen]
    fitted = fit_roofline(stage, measured)
    held_out_points = [Timing(*place, _time(model, stage, *place)) for place in held_out]
    return {
        "points": [asdict(point) for point in measured],
        "roofline": asdict(fitted),
        "held_out": [_with_prediction(fitted, point) for point in held_out_points],
        "beyond": asdict(fitted.predict(*BEYOND)),
    }


def _with_prediction(fitted: Roofline, point: Timing) -> Report:
    error = relative_error(fitted.stage, (fitted.terms, fitted.budget), point)
    return {**asdict(point), "predicted": asdict(fitted.predict(point.batch, point.tokens)), "error": error}


def _time(model: LoadedModel, stage: str, batch: int, tokens: int) -> float:
    """Return the seconds of one prefill, or of one decoding step."""
    vocabulary = model.model.config.get_text_config().vocab_size
    ids = Random(tokens).choices(range(vocabulary), k=tokens)
    start = read_stopwatch(model.model.device)
    record = prefill(model.model, ids)
    if stage == "prefill":
        return read_stopwatch(model.model.device) - start
    cache = compress(record, None, 0)
    spent = []
    for steps in (1, 1 + STEPS):
        rows = [Row(cache, tuple(ids[:FED_TOKENS]), steps) for _ in range(batch)]
        start = read_stopwatch(model.model.device)
        decode_rows(model.model, rows, frozenset())
        spent.append(read_stopwatch(model.model.device) - start)
    # The difference leaves out the work that both runs do once: copying the cache and feeding the question.
    return max(spent[1] - spent[0], 1e-9) / STEPS


def format_rooflines(stages: dict[str, Report]) -> Iterator[str]:
    """Yield the lines of a report: each fit with its predictions."""
    for stage, figures in stages.items():
        fitted = figures["roofline"]
        a, b, c = fitted["terms"]
        yield (
            f"{stage}: a = {a:.3g}, b = {b:.3g}, c = {c:.3g} from {len(figures['points'])} points "
            f"(batch {fitted['batches'][0]}-{fitted['batches'][1]}, tokens {fitted['tokens'][0]}-{fitted['tokens'][1]})"
        )
        for point in figures["held_out"]:
            expected = point["predicted"]
            yield (
                f"  batch {point['batch']}, {point['tokens']} tokens: {1000 * expected['seconds']:.1f} ms expected "
                f"({1000 * expected['low']:.1f} to {1000 * expected['high']:.1f} holds {expected['coverage']:.0%}), "
                f"{1000 * point['seconds']:.1f} measured: {point['error']:.0%} off"
            )
        beyond = figures["beyond"]
        far = f"batch {BEYOND[0]}, {BEYOND[1]} tokens"
        yield f"  {far}: {1000 * beyond['seconds']:.0f} ms, but: {beyond['extrapolates']}"


def write_timings(path: Path, stages: dict[str, Report]) -> None:
    """Write the points as a file of timings, as ``serving_cost.throughput`` reads it."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["method", "model", "bsz", "prompt_len", "stage", "seconds"])
        for stage, figures in stages.items():
            for point in figures["points"]:
                writer.writerow(["uncompressed", "model", point["batch"], point["tokens"], stage, point["seconds"]])
