"""Time and peak memory of prefills that record queries, against plain transformers."""

from __future__ import annotations

import gc
from functools import partial
from statistics import median
from typing import Any

import torch

from benchmarks.gpu.plan import PartReport, Scale
from benchmarks.gpu.random_llama import timed_model
from benchmarks.recording_trial import MODES, PLAIN, measure_memory, prefill_in_mode, random_context
from pytest_kvguard.engine.stopwatch import read_stopwatch

__all__ = ["run"]

GROWTH = 16.0
"""A context four times as long takes at most this many times as long."""


@torch.no_grad()
def run(scale: Scale, report: PartReport) -> None:
    """Add seconds and peak bytes of every mode and length, as ratios to the plain prefill."""
    expected = dict.fromkeys((PLAIN, *MODES), 0.0)
    _measured(scale, min(scale.prefill_tokens) // 2, PLAIN, 1)
    for tokens in scale.prefill_tokens:
        plain: dict[str, Any] = {}
        for mode in (PLAIN, *MODES):
            what = f"{mode} at {tokens} tokens"
            if not report.has_time(what, expected[mode]):
                continue
            is_quick = report.left > 4 * scale.repeats * len(expected) * expected[mode]
            found = report.measure(what, partial(_measured, scale, tokens, mode, scale.repeats if is_quick else 1))
            if found is None:
                continue
            expected[mode] = GROWTH * found["seconds"]
            plain = plain or found
            report.add(tokens=tokens, mode=mode, peer=PLAIN, **found, **_ratios(found, plain))


def _ratios(found: dict[str, Any], plain: dict[str, Any]) -> dict[str, float | None]:
    peaks = found["peak_bytes"], plain["peak_bytes"]
    extra = None if None in peaks else (peaks[0] - peaks[1]) / found["cache_bytes"]
    return {"ratio": found["seconds"] / plain["seconds"], "extra_caches": extra}


def _measured(scale: Scale, tokens: int, mode: str, repeats: int) -> dict[str, Any]:
    """Return the median seconds of a prefill, its peak bytes above those held before, and the bytes of its cache."""
    model, context = timed_model(scale), random_context(scale.vocabulary, tokens)
    seconds = []
    for _ in range(repeats):
        gc.collect()
        start = read_stopwatch(model.device)
        prefill_in_mode(model, context, mode)
        seconds.append(read_stopwatch(model.device) - start)
    if scale.device != "cuda":
        return {"seconds": median(seconds), **measure_memory(lambda: prefill_in_mode(model, context, mode))}
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    _, cache_bytes = prefill_in_mode(model, context, mode)
    peak = torch.cuda.max_memory_allocated() - before
    return {"seconds": median(seconds), "peak_bytes": peak, "cache_bytes": cache_bytes}
