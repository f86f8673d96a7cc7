"""Recordings of jobs, for goldens in memory and on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from statistics import fmean

from pytest_kvguard.backends.environment import environment_of
from pytest_kvguard.engine.jobs import Generation, Job, KeptEntries
from pytest_kvguard.engine.planner import run_jobs
from pytest_kvguard.golden.recording import RecordedTurn, Recording, keep_rate_name, record_turn
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.values.results import CacheReport, KeptPositions
from pytest_kvguard.values.traces import TurnTrace

__all__ = ["TOP_LOGITS", "plain_positions", "record_jobs", "trace_of"]

TOP_LOGITS = 16
"""The number of logits per token in a golden."""


def record_jobs(model: LoadedModel, jobs: Mapping[str, Job]) -> Recording:
    """Run jobs and return their recording as one cell.

    Args:
        model: the model.
        jobs: jobs by the name under which a difference is reported.

    Raises:
        KVGuardError: a job cannot run; other errors of the engine are raised, too.

    Example:
        >>> recorded = record_jobs(model, {"prompt": job})                    # doctest: +SKIP
        >>> difference = compare(recorded, record_jobs(model, {"prompt": job}))  # doctest: +SKIP
    """
    traced = {name: replace(job, top_logits=TOP_LOGITS) for name, job in jobs.items()}
    generations = dict(zip(traced, run_jobs(model, list(traced.values())), strict=True))
    kernels = ",".join(dict.fromkeys(job.cell.kernel for job in jobs.values()))
    return Recording(
        {name: (_recorded_turn(job, generations[name]),) for name, job in traced.items()},
        environment={**environment_of(model), "kernel": kernels},
    )


def _recorded_turn(job: Job, generation: Generation) -> RecordedTurn:
    turn = record_turn(trace_of(job, generation), generation.token_ids)
    if not generation.kept:
        return turn
    spans = enumerate(job.layout.groups, start=1)
    rates = {keep_rate_name(f"span {number}"): generation.kept.keep_rates(span) for number, span in spans}
    return turn.with_reports({name: fmean(by_layer) for name, by_layer in rates.items()})


def trace_of(job: Job, generation: Generation) -> TurnTrace:
    """Return the data of a turn that a golden records beside its reply."""
    return TurnTrace(
        prompt_ids=job.token_ids,
        entries=generation.entries_after,
        cache_bytes=generation.bytes_after,
        kept=plain_positions(generation.kept) if generation.kept else (),
        logits=generation.logits,
        reports=_reports(generation) if job.compresses else {},
    )


def _reports(generation: Generation) -> dict[str, float]:
    """Return the figures that a run reports of a compressed cache, by name."""
    sizes = generation.entries_before, generation.entries_after, generation.bytes_before, generation.bytes_after
    reports = {
        "entries before": generation.entries_before,
        "bytes before": generation.bytes_before,
        "achieved ratio": CacheReport("", *sizes).achieved_ratio,
    }
    if generation.loss:
        halves = ("keys", generation.loss.keys), ("values", generation.loss.values)
        reports.update({f"error of quantized {half}": error for half, error in halves if error is not None})
        reports.update({"packed keys": generation.loss.packed_keys, "packed values": generation.loss.packed_values})
    return reports


def plain_positions(kept: KeptEntries) -> KeptPositions:
    """Return the kept positions as tuples of numbers."""
    return tuple(tuple(tuple(head.tolist()) for head in layer) for layer in kept.positions)
