"""How often the host waits for the device in one steady step, as torch and as the trace of operations count it."""

from __future__ import annotations

import warnings
from fractions import Fraction

import torch

from benchmarks.gpu.plan import PartReport, Scale
from benchmarks.step_tracing import StepTrace
from kvguard_policies import Layout, compress, load, prefill
from kvguard_policies.attention import ragged_attention
from pytest_kvguard.engine.batch import CALL_SIZES, Batch
from pytest_kvguard.engine.logit_trace import LogitTrace
from pytest_kvguard.engine.row import Row
from pytest_kvguard.invariants.random_models import random_ids, random_model

__all__ = ["run"]

ARMS = ("none", "snapkv(window=8)", "adakv(knorm)", "kivi(residual=64)")
TOKENS, ROWS, STEPS = 100, 5, 4


@torch.no_grad()
def run(scale: Scale, report: PartReport) -> None:
    """Add the waits per step of every arm."""
    model = random_model("llama-two-kv-heads-of-three", dtype=scale.dtype).to(scale.device)
    layout = Layout(TOKENS)
    for spec in ARMS:
        if not report.has_time(spec):
            return
        policy = None if spec == "none" else load(spec)
        record = prefill(model, random_ids(TOKENS), layout, policy.needs(layout) if policy else ())
        cache = compress(record, policy, Fraction(1, 2))
        batch = Batch(model, "sdpa", frozenset(), CALL_SIZES[0])
        batch.late = 1
        with ragged_attention(model):
            batch.join([Row(cache, (3, 4), 1000, trace=LogitTrace(4)) for _ in range(ROWS)])
            batch.step()
            counted = _counted_by_torch(batch, scale.device)
            with StepTrace() as trace:
                batch.step()
                trace.begin()
                batch.step()
        report.add(
            policy=spec,
            waits_per_step=counted,
            waits_by_operation=dict(trace.waits),
            tensors_per_step=sum(trace.allocations.values()),
        )


def _counted_by_torch(batch: Batch, device: str) -> float | None:
    """Return the synchronisations per step that CUDA's debug mode warns of; None on other devices."""
    if device != "cuda":
        return None
    torch.cuda.set_sync_debug_mode("warn")
    try:
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            for _ in range(STEPS):
                batch.step()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    return sum("synchroniz" in str(warning.message).lower() for warning in found) / STEPS
