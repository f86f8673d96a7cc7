"""Tokens per second of decoding, against the bound that the memory's bandwidth sets, measured in the same run."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from typing import Any

import torch
from transformers import DynamicCache

from benchmarks.gpu.plan import PartReport, Scale
from benchmarks.gpu.random_llama import timed_model, weight_bytes
from benchmarks.recording_trial import random_context
from benchmarks.sweep_reference import decode_rate
from kvguard_policies import Layout, cache_argument, compress, load, prefill
from kvguard_policies.attention import ragged_attention
from kvguard_policies.compact import CompactCache
from pytest_kvguard.engine.batch import CALL_SIZES, Batch
from pytest_kvguard.engine.row import Row
from pytest_kvguard.engine.stopwatch import read_stopwatch

__all__ = ["bandwidth", "run"]

ARMS = ("none", "snapkv")
COPIES = 10


@torch.no_grad()
def run(scale: Scale, report: PartReport) -> None:
    """Add the rates of this engine, uncompressed and compressed, and of plain transformers."""
    model = timed_model(scale)
    bytes_per_second = bandwidth(scale)
    report.add(arm="copy", bytes_per_second=bytes_per_second)
    context = random_context(scale.vocabulary, scale.decode_tokens)
    for rows in scale.decode_rows:
        for spec in ARMS:
            what = f"{spec}, {rows} rows"
            if not report.has_time(what, 1.0):
                return
            layout, policy = Layout(len(context)), None if spec == "none" else load(spec)
            record = prefill(model, context, layout, policy.needs(layout) if policy else ())
            cache = compress(record, policy, Fraction(1, 2))
            rate = report.measure(what, partial(_rate, scale, cache, rows))
            if rate is not None:
                figures = _against_bound(scale, rate, rows, cache.cache_bytes, bytes_per_second)
                report.add(arm=spec, rows=rows, **figures)
        if report.has_time(f"plain transformers, {rows} rows", 1.0):
            rate = report.measure(f"plain transformers, {rows} rows", partial(_plain_rate, scale, context, rows))
            if rate is not None:
                size = prefill(model, context).cache_bytes
                figures = _against_bound(scale, rate, rows, size, bytes_per_second)
                report.add(arm="plain transformers", rows=rows, **figures)


def bandwidth(scale: Scale) -> float:
    """Return the bytes per second that the device reads and writes in a large copy."""
    source = torch.zeros(scale.moved_bytes, dtype=torch.uint8, device=scale.device)
    target = torch.empty_like(source)
    target.copy_(source)
    start = read_stopwatch(source.device)
    for _ in range(COPIES):
        target.copy_(source)
    return 2 * scale.moved_bytes * COPIES / (read_stopwatch(source.device) - start)


def _against_bound(
    scale: Scale, rate: float, rows: int, cache_bytes: int, bytes_per_second: float
) -> dict[str, float | str]:
    """Return a rate with the bound at which a step reads all weights once, and the cache of every row once."""
    read = weight_bytes(timed_model(scale)) + rows * cache_bytes
    bound = rows * bytes_per_second / read
    return {"tokens_per_second": rate, "bound": bound, "peer": "memory bandwidth", "ratio": rate / bound}


def _rate(scale: Scale, cache: CompactCache, rows: int) -> float:
    """Return the tokens per second of this engine."""
    model = timed_model(scale)
    batch = Batch(model, "sdpa", frozenset(), CALL_SIZES[0])
    with ragged_attention(model):
        batch.join([Row(cache, (3,), scale.steps + 3) for _ in range(rows)])
        for _ in range(2):
            batch.step()
        start = read_stopwatch(model.device)
        for _ in range(scale.steps):
            batch.step()
        return rows * scale.steps / (read_stopwatch(model.device) - start)


def _plain_rate(scale: Scale, context: list[int], rows: int) -> float:
    """Return the tokens per second of transformers' own cache and attention."""
    model: Any = timed_model(scale)
    cache = DynamicCache()
    ids = torch.tensor([context], device=model.device)
    model(input_ids=ids, **cache_argument(model, cache), logits_to_keep=1)
    return decode_rate(model, cache, rows, lambda: read_stopwatch(model.device))
