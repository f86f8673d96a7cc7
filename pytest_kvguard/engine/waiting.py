"""Decoding of the rows that wait: those that may share a batch together, and each policy apart where one breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from kvguard_policies.attention import forget_longest_call, rotation_depends_on_length
from kvguard_policies.own_attention import own_attention
from kvguard_policies.spec import PolicySpec
from pytest_kvguard.engine.decode import decode_rows
from pytest_kvguard.engine.jobs import Generation, Job
from pytest_kvguard.engine.not_finite import not_finite
from pytest_kvguard.engine.room import Room
from pytest_kvguard.engine.row import NOT_FINITE, Row
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.values.results import Progress
from pytest_kvguard.values.traces import StageSeconds

__all__ = ["WaitingRow", "batch_key", "decode_waiting"]


@dataclass(frozen=True)
class WaitingRow:
    """A row that waits to be decoded.

    Attributes:
        entries, cache_bytes: the size of its uncompressed context.
        seconds: the time spent on it so far.
    """

    row: Row
    entries: int
    cache_bytes: int
    seconds: StageSeconds


def decode_waiting(
    model: LoadedModel,
    waiting: Mapping[Job, WaitingRow],
    outcomes: dict[Job, Generation | Exception],
    finish: Callable[[Job, WaitingRow], Generation],
    progress: Progress | None = None,
) -> None:
    """Decode all waiting rows, those that may share a batch together.

    Args:
        model: the model.
        waiting: the rows.
        outcomes: receives the generations and errors.
        finish: returns the generation of a row whose reply has ended.
        progress: called with the number of replies that have ended.
    """
    ended = 0
    if progress:
        progress("decode", 0, len(waiting))
    jobs = {id(waiting_row.row): job for job, waiting_row in waiting.items()}

    def keep(row: Row) -> None:
        nonlocal ended
        ended, job = ended + 1, jobs[id(row)]
        if progress:
            progress("decode", ended, len(waiting))
        if row.stopped == NOT_FINITE:
            outcomes[job] = not_finite(job, len(row.generated))
            return
        outcomes[job] = finish(job, waiting[job])

    for together in _batches(waiting):
        _decode_batch(model, together, waiting, outcomes, keep)


def _decode_batch(
    model: LoadedModel,
    jobs: Sequence[Job],
    waiting: Mapping[Job, WaitingRow],
    outcomes: dict[Job, Generation | Exception],
    keep: Callable[[Row], None],
) -> None:
    """Decode jobs together; if that breaks, each policy's jobs among the rest again, so that its errors are its own."""
    try:
        _decode_together(model, jobs, [waiting[job].row for job in jobs], keep)
    except Exception as error:
        parts = _by_policy(job for job in jobs if job not in outcomes and not waiting[job].row.stopped)
        if len(parts) <= 1:
            parts = []
        for members in parts:
            for job in members:
                waiting[job].row.restart()
            _decode_batch(model, members, waiting, outcomes, keep)
        outcomes.update({job: error for job in jobs if job not in outcomes})


def _by_policy(jobs: Iterable[Job]) -> list[list[Job]]:
    """Return the jobs of each policy; the uncompressed ones come first."""
    parts: dict[PolicySpec | None, list[Job]] = {}
    for job in jobs:
        parts.setdefault(job.cell.policy if job.compresses else None, []).append(job)
    return sorted(parts.values(), key=lambda members: members[0].compresses)


def _decode_together(
    model: LoadedModel, jobs: Sequence[Job], rows: Sequence[Row], on_end: Callable[[Row], None]
) -> None:
    """Decode jobs that may share a batch, or one by one where every row needs a batch of its own."""
    alone, kernel = jobs[0].alone, jobs[0].cell.kernel
    # Own code attends to a column per token, so its last bits depend on the longest row.
    rescales = rotation_depends_on_length(model.model) or own_attention(model.model) is not None
    if not (alone or rescales):
        decode_rows(model.model, rows, model.stop_ids, kernel, on_end=on_end)
        return
    for part in [[row] for row in rows] if rescales else [rows]:
        forget_longest_call(model.model)
        # Not padded: that would lengthen a call, on which the rotation depends.
        decode_rows(model.model, part, model.stop_ids, kernel, Room(1, 1), False, on_end, tie=0.0)


def _batches(waiting: Mapping[Job, WaitingRow]) -> list[list[Job]]:
    """Return the jobs that may share a batch, batch by batch, long replies and contexts first."""
    batches: dict[tuple[object, ...], list[Job]] = {}
    by_length = sorted(waiting, key=lambda job: (-job.max_new_tokens, -waiting[job].row.capacity))
    for job in by_length:
        batches.setdefault(batch_key(job), []).append(job)
    return list(batches.values())


def batch_key(job: Job) -> tuple[object, ...]:
    """Return a key that is equal for jobs that may share a batch."""
    return (job.cell.kernel, job.alone, *((job.cell,) if job.timed else ()))
