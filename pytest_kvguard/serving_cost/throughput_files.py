"""Throughput files: timings of prefill and decoding by method, model, batch and length, as CSV or JSON lines."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from statistics import fmean
from typing import Any

from pytest_kvguard.errors import UsageError
from pytest_kvguard.serving_cost.score_files import read_rows
from pytest_kvguard.serving_cost.throughput import Measurement

__all__ = ["Group", "read_throughput"]

Group = tuple[str, str, str]
"""Method, model and stage."""

ALIASES = {
    "batch": ("bsz", "batch", "batch_size"),
    "tokens": ("prompt_len", "tokens", "length", "context_tokens"),
    "throughput": ("thr", "throughput", "tokens_per_second"),
    "seconds": ("seconds",),
}
"""What columns are called; of the last two, one is enough."""

STAGES = {"prefill": "prefill", "decoding": "decode", "decode": "decode"}


def read_throughput(path: Path) -> dict[Group, tuple[Measurement, ...]]:
    """Return the measurements of a file, those of the same batch and length averaged.

    Throughput is tokens per second of the whole batch: all prompt tokens of a prefill, one token per request of a
    decoding step. A row without a positive number, as where memory ran out, is left out.

    Raises:
        UsageError: the file cannot be read, or a row lacks a column or is of no known stage.
    """
    found: dict[Group, dict[tuple[int, int], list[float]]] = {}
    for line, row in read_rows(path):
        group, place, seconds = _timed(path, line, row)
        if seconds is not None:
            found.setdefault(group, {}).setdefault(place, []).append(seconds)
    return {
        group: tuple(Measurement(*place, fmean(times)) for place, times in sorted(places.items()))
        for group, places in sorted(found.items())
    }


def _timed(path: Path, line: int, row: Mapping[str, Any]) -> tuple[Group, tuple[int, int], float | None]:
    stage = STAGES.get(str(row.get("stage", "")).strip().lower())
    if stage is None:
        raise UsageError(f"{path}:{line}: the stage is {row.get('stage')!r}. Write prefill or decoding.")
    batch, tokens = (_number(path, line, row, name) for name in ("batch", "tokens"))
    if batch is None or tokens is None:
        raise UsageError(f"{path}:{line}: batch or length is missing. Columns: bsz, prompt_len, stage, thr or seconds.")
    group = (str(row.get("method") or path.name), str(row.get("model") or "model"), stage)
    seconds = _number(path, line, row, "seconds")
    rate = _number(path, line, row, "throughput")
    if seconds is None and rate is not None:
        seconds = batch * (tokens if stage == "prefill" else 1) / rate
    return group, (int(batch), int(tokens)), seconds


def _number(path: Path, line: int, row: Mapping[str, Any], name: str) -> float | None:
    """Return a positive number; None where there is none."""
    text = next((row[column] for column in ALIASES[name] if row.get(column) not in (None, "")), None)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        raise UsageError(f"{path}:{line}: {name} is {text!r}, which is no number. Leave it empty if unknown.") from None
    return value if isfinite(value) and value > 0 else None
