"""Runs jobs: identical ones once, each distinct context and long beginning prefilled once, decoded in batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import torch

from kvguard_policies.compression import PrefillRecord, compress, prefill, prefill_boundaries
from kvguard_policies.hf_cache import CompactCache
from kvguard_policies.kernel import rotation_depends_on_length
from kvguard_policies.policy import Layout, Need, OwnCache, Policy
from kvguard_policies.selection import budget_entries
from kvguard_policies.spec import PolicySpec, load
from pytest_kvguard.engine.decode import decode_rows
from pytest_kvguard.engine.hold import BudgetHolder
from pytest_kvguard.engine.jobs import Generation, Job, KeptRows
from pytest_kvguard.engine.logit_trace import LogitTrace
from pytest_kvguard.engine.own_cache import run_own_cache
from pytest_kvguard.engine.room import Room, is_out_of_memory, room_for
from pytest_kvguard.engine.row import Row
from pytest_kvguard.engine.stopwatch import read_stopwatch
from pytest_kvguard.errors import InactivePolicyError, PromptError
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.values.results import Progress
from pytest_kvguard.values.traces import StageSeconds

__all__ = ["OnMade", "forget_policies", "run_jobs", "try_jobs"]

OnMade = Callable[[Job, Generation], None]
"""Called with every job whose reply has come to its end, as soon as it has."""

HELD_BATCHES = 2
"""So many batches' worth of compressed contexts may wait to be decoded."""


def run_jobs(model: LoadedModel, jobs: Sequence[Job], progress: Progress | None = None) -> list[Generation]:
    """Return one generation per job, in order.

    Raises:
        PromptError: a prompt does not fit the model.
        InactivePolicyError: a policy removed nothing although it should.
        PolicyError: protected tokens that do not fit, or a broken policy.
    """
    made: list[Generation] = []
    for outcome in try_jobs(model, jobs, progress):
        if isinstance(outcome, Exception):
            raise outcome
        made.append(outcome)
    return made


def try_jobs(
    model: LoadedModel, jobs: Sequence[Job], progress: Progress | None = None, on_made: OnMade | None = None
) -> list[Generation | Exception]:
    """Return a generation or the error that kept it from being made, one per job; no job spoils another context's.

    Args:
        model: the model.
        jobs: in any order, equal ones too.
        progress: told how far each stage is.
        on_made: told of every distinct job that was generated, while others still run.
    """
    outcomes: dict[Job, Generation | Exception] = {}
    contexts = _by_context(_runnable(model, dict.fromkeys(jobs), outcomes))
    prepared: dict[Job, Prepared] = {}
    record = None
    for number, members in enumerate(contexts, start=1):
        _report(progress, "prefill", number - 1, len(contexts))
        record = _prepare(model, members, record, prepared, outcomes, on_made)
        if number == len(contexts) or not _begin_alike(members[0], contexts[number][0]):
            record = None
        if prepared and (number == len(contexts) or _is_enough(model, prepared)):
            _decode(model, prepared, outcomes, progress, on_made)
            prepared = {}
    return [outcomes[job] for job in jobs]


@dataclass(frozen=True)
class Prepared:
    """A row that waits to be decoded, with the entries and bytes of its uncompressed context.

    Attributes:
        seconds: what has been spent on it.
    """

    row: Row
    entries: int
    cache_bytes: int
    seconds: StageSeconds


def _prepare(
    model: LoadedModel,
    jobs: Sequence[Job],
    earlier: PrefillRecord | None,
    prepared: dict[Job, Prepared],
    outcomes: dict[Job, Generation | Exception],
    on_made: OnMade | None,
) -> PrefillRecord | None:
    """Prefill the context that the jobs share, and compress it for each; what fills a cache of its own runs at once.

    Args:
        model: the model.
        jobs: of one context.
        earlier: the context before; a long beginning that both have is taken over from it.
        prepared: where rows to be decoded go.
        outcomes: where that goes which has come to its end.
        on_made: told of every distinct job that has.

    Returns:
        The context; None if it could not be prefilled.
    """
    device = model.model.device
    start = read_stopwatch(device)
    try:
        record = _prefill_for(model, jobs, earlier)
    except Exception as error:
        outcomes.update(dict.fromkeys(jobs, error))
        return None
    prefilled = read_stopwatch(device) - start
    caches: dict[tuple[object, ...], Compressed] = {}
    for job in jobs:
        try:
            policy = _policy_of(job)
            if isinstance(policy, OwnCache):
                outcomes[job] = made_alone = run_own_cache(model, record, job, policy, prefilled)
                if on_made:
                    on_made(job, made_alone)
                continue
            made = _compress_for(record, job, caches, device)
            seconds = StageSeconds(prefilled, made.seconds, 0.0)
            prepared[job] = Prepared(_row(record, job, made.cache), _entries(record), record.cache_bytes, seconds)
        except Exception as error:
            outcomes[job] = error
    return record


def _runnable(model: LoadedModel, jobs: Iterable[Job], outcomes: dict[Job, Generation | Exception]) -> list[Job]:
    """Return the jobs that can be started; the errors of the others go to ``outcomes``."""
    runnable = []
    for job in jobs:
        try:
            _check_job(model, job)
            if policy := _policy_of(job):
                policy.needs(job.layout)
            runnable.append(job)
        except Exception as error:
            outcomes[job] = error
    return runnable


def _entries(record: PrefillRecord) -> int:
    """Return the KV entries of an uncompressed context's compressible layers."""
    return sum(record.keys[i].shape[0] * record.keys[i].shape[1] for i in record.compressible_layers)


def _check_job(model: LoadedModel, job: Job) -> None:
    needed, room = len(job.token_ids) + job.max_new_tokens, model.max_tokens
    if needed > room:
        raise PromptError(
            f"The prompt has {len(job.token_ids)} tokens and up to {job.max_new_tokens} are generated: {needed} "
            f"in all, but {model.name} holds {room}. Shorten the context or generate.max_new_tokens by {needed - room}."
        )
    if not job.region:
        raise PromptError(
            "Nothing stands before the tokens to be fed, so there is no context. Give it one token or more."
        )
    if not job.fed:
        raise PromptError("Nothing is left to feed after compression; the last token of a prompt must stay out of it.")
    model.check_kernel(job.cell.kernel)


def _by_context(jobs: Iterable[Job]) -> list[list[Job]]:
    """Put the jobs of one context together, and contexts with a long beginning in common next to each other."""
    groups: dict[tuple[object, ...], list[Job]] = {}
    for job in jobs:
        groups.setdefault((job.region, job.layout, job.cell.kernel), []).append(job)

    def beginning(members: list[Job]) -> tuple[str, tuple[int, ...]]:
        return members[0].cell.kernel, members[0].region[: (0, *prefill_boundaries(members[0].layout))[-2]]

    return sorted(groups.values(), key=beginning)


def _begin_alike(job: Job, other: Job) -> bool:
    """Whether one context can take over what the other one begins with."""
    end, *rest = prefill_boundaries(job.layout)
    return bool(rest) and job.cell.kernel == other.cell.kernel and job.region[:end] == other.region[:end]


@cache
def _policy(spec: PolicySpec) -> Policy:
    return load(spec)


def _policy_of(job: Job) -> Policy | None:
    """Return the policy that compresses a job's region; None where nothing is compressed."""
    return _policy(job.cell.policy) if job.compresses and job.cell.policy is not None else None


def forget_policies() -> None:
    """Make policies anew when they are needed again."""
    _policy.cache_clear()


def _prefill_for(model: LoadedModel, jobs: Sequence[Job], earlier: PrefillRecord | None) -> PrefillRecord:
    """Prefill the context these jobs share, recording what their policies need together."""
    layout: Layout = jobs[0].layout
    needs: set[Need] = set()
    for job in jobs:
        if policy := _policy_of(job):
            needs |= policy.needs(layout)
    hold = any(job.hold_budget and job.compresses for job in jobs)
    earlier = None if any(job.timed for job in jobs) else earlier  # a context that took over another's looks cheap
    try:
        return prefill(model.model, jobs[0].region, layout, needs, jobs[0].cell.kernel, hold, earlier)
    except Exception as error:
        if earlier is None or not is_out_of_memory(error):
            raise
    return _prefill_for(model, jobs, None)


@dataclass(frozen=True)
class Compressed:
    """A compressed context, and what it took to make."""

    cache: CompactCache
    seconds: float


def _compress_for(
    record: PrefillRecord, job: Job, caches: dict[tuple[object, ...], Compressed], device: torch.device
) -> Compressed:
    """Compress a context for a job, once for all that want it alike."""
    policy = _policy_of(job)
    key = (job.cell if policy else job.cell.uncompressed, job.rounded)
    if key not in caches:
        start = read_stopwatch(device)
        made = compress(record, policy, job.cell.ratio)
        made = _round_rows(made) if job.rounded else made
        caches[key] = Compressed(made, read_stopwatch(device) - start)
        if policy:
            _check_active(record, made, job)
    return caches[key]


def _row(record: PrefillRecord, job: Job, cache: CompactCache) -> Row:
    policy = _policy_of(job)
    holder = BudgetHolder(record, cache, policy) if policy and job.hold_budget else None
    trace = LogitTrace(job.top_logits) if job.top_logits else None
    return Row(cache, job.fed, job.max_new_tokens, holder, job.sampling, trace)


def _round_rows(cache: CompactCache) -> CompactCache:
    """Return a cache whose keys and values went through bfloat16, as on a server that stores them so."""
    layers = tuple(
        replace(
            layer,
            keys=layer.keys.to(torch.bfloat16).to(layer.keys.dtype),
            values=layer.values.to(torch.bfloat16).to(layer.values.dtype),
        )
        for layer in cache.layers
    )
    return replace(cache, layers=layers)


def _check_active(record: PrefillRecord, cache: CompactCache, job: Job) -> None:
    if cache.entries < _entries(record) or cache.loss is not None:  # a loss of nothing was refused when it was made
        return
    if not record.compressible_layers:
        why = "every layer of this model attends through a sliding window, and such layers are left alone"
    else:
        why = f"the compressed region has {record.tokens} tokens, and all of them fit the budget"
    raise InactivePolicyError(
        f"{job.cell.typed} removed nothing: {why}. A run in which the policy changed "
        "nothing proves nothing: use a longer context, a higher ratio or another model."
    )


def _is_enough(model: LoadedModel, prepared: dict[Job, Prepared]) -> bool:
    """Whether so much is prepared that decoding cannot wait."""
    rows = [made.row for made in prepared.values()]
    room = room_for(model.model, rows[0].cache)
    entries, fullest = sum(row.capacity for row in rows), max(Counter(map(_company, prepared)).values())
    return fullest >= HELD_BATCHES * room.rows or entries >= HELD_BATCHES * room.entries


def _decode(
    model: LoadedModel,
    prepared: dict[Job, Prepared],
    outcomes: dict[Job, Generation | Exception],
    progress: Progress | None,
    on_made: OnMade | None,
) -> None:
    """Decode all that is prepared, the jobs of one kernel together."""
    ended = 0
    _report(progress, "decode", 0, len(prepared))

    jobs = {id(made.row): job for job, made in prepared.items()}

    def keep(row: Row) -> None:
        nonlocal ended
        ended, job = ended + 1, jobs[id(row)]
        generation = outcomes[job] = _generation(job, prepared[job])
        _report(progress, "decode", ended, len(prepared))
        if on_made:
            on_made(job, generation)

    for together in _batches(prepared):
        try:
            _decode_together(model, together, [prepared[job].row for job in together], keep)
        except Exception as error:
            outcomes.update({job: error for job in together if job not in outcomes})


def _decode_together(
    model: LoadedModel, jobs: Sequence[Job], rows: Sequence[Row], on_end: Callable[[Row], None]
) -> None:
    """Decode jobs that may share a batch; some must have one of their own."""
    alone = jobs[0].alone
    if alone or rotation_depends_on_length(model.model):
        decode_rows(model.model, rows, model.stop_ids, jobs[0].cell.kernel, Room(1, 1), not alone, on_end, tie=0.0)
    else:
        decode_rows(model.model, rows, model.stop_ids, jobs[0].cell.kernel, on_end=on_end)


def _batches(prepared: dict[Job, Prepared]) -> list[list[Job]]:
    """Sort the jobs into those that may share a batch, long replies and contexts first."""
    batches: dict[tuple[object, ...], list[Job]] = {}
    by_length = sorted(prepared, key=lambda job: (-job.max_new_tokens, -prepared[job].row.capacity))
    for job in by_length:
        batches.setdefault(_company(job), []).append(job)
    return list(batches.values())


def _company(job: Job) -> tuple[object, ...]:
    """Return what jobs that may share a batch have in common."""
    return (job.cell.kernel, job.alone, *((job.cell,) if job.timed else ()))


def _generation(job: Job, made: Prepared) -> Generation:
    row, cache = made.row, made.row.cache
    seconds = replace(made.seconds, decode=row.seconds)
    kept = tuple(cache.layers[index].positions for index in cache.compressible_layers)
    if row.holder:
        # What is held at the end: tokens of the region may have left while the reply was generated.
        kept = tuple(tuple(row.holder.positions[index]) for index in row.holder.layers)
    return Generation(
        token_ids=tuple(row.generated),
        stopped=row.stopped,
        kept=KeptRows(kept, cache.seen_tokens) if job.compresses else None,
        entries_before=made.entries,
        entries_after=sum(len(rows) for heads in kept for rows in heads),
        bytes_before=made.cache_bytes,
        bytes_after=cache.cache_bytes,
        notes=_notes(job, row),
        logits=row.trace.result() if row.trace else None,
        seconds=seconds if job.timed else None,
    )


def _notes(job: Job, row: Row) -> tuple[str, ...]:
    notes: list[str] = []
    if row.cache.sliding:
        windows = ", ".join(str(window) for window in sorted(set(row.cache.sliding.values())))
        notes.append(
            f"{len(row.cache.sliding)} of {len(row.cache.layers)} layers slide (window {windows}) and are left alone"
        )
    if policy := _policy_of(job):
        budget = budget_entries(job.region_tokens, job.cell.ratio)
        notes.extend(policy.notes(job.layout, budget))
    if row.cache.loss:
        notes.append(f"quantized: {row.cache.loss}")
    if row.holder:
        notes.append(f"budget held while generating: {row.holder.evictions} rows evicted over all layers")
    return tuple(notes)


def _report(progress: Progress | None, label: str, done: int, total: int) -> None:
    if progress:
        progress(label, done, total)
