"""Records what jobs do, for goldens in memory and on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pytest_kvguard.backends.environment import environment_of
from pytest_kvguard.engine.jobs import Generation, Job, KeptEntries
from pytest_kvguard.engine.planner import run_jobs
from pytest_kvguard.golden.recording import Recording, record_turn
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.values.results import KeptPositions
from pytest_kvguard.values.traces import TurnTrace

__all__ = ["TOP_LOGITS", "plain_positions", "record_jobs", "trace_of"]

TOP_LOGITS = 16
"""How many logits of every token a golden holds."""


def record_jobs(model: LoadedModel, jobs: Mapping[str, Job]) -> Recording:
    """Run jobs and record them as one cell.

    Args:
        model: the model.
        jobs: by the name that a difference is reported under.

    Raises:
        KVGuardError: or what else keeps a job from running.

    Example:
        >>> recorded = record_jobs(model, {"prompt": job})                    # doctest: +SKIP
        >>> difference = compare(recorded, record_jobs(model, {"prompt": job}))  # doctest: +SKIP
    """
    traced = {name: replace(job, top_logits=TOP_LOGITS) for name, job in jobs.items()}
    made = dict(zip(traced, run_jobs(model, list(traced.values())), strict=True))
    kernels = ",".join(dict.fromkeys(job.cell.kernel for job in jobs.values()))
    return Recording(
        {name: (record_turn(trace_of(job, made[name]), made[name].token_ids),) for name, job in traced.items()},
        environment={**environment_of(model), "kernel": kernels},
    )


def trace_of(job: Job, generation: Generation) -> TurnTrace:
    """Return what a golden holds of a turn beside its reply."""
    return TurnTrace(
        prompt_ids=job.token_ids,
        entries=generation.entries_after,
        cache_bytes=generation.bytes_after,
        kept=plain_positions(generation.kept) if generation.kept else (),
        logits=generation.logits,
    )


def plain_positions(kept: KeptEntries) -> KeptPositions:
    """Return the kept positions as plain numbers."""
    return tuple(tuple(tuple(rows.tolist()) for rows in heads) for heads in kept.positions)
