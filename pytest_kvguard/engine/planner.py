"""The planner of jobs: equal jobs run once, each context and shared prefix is prefilled once, decoding is batched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

import torch

from kvguard_policies.attention import rotation_border
from kvguard_policies.compression import PrefillRecord, compress, prefill, prefill_boundaries
from kvguard_policies.hf_cache import CompactCache
from kvguard_policies.policy import Layout, Need, OwnCache, Policy
from kvguard_policies.selection import budget_entries
from kvguard_policies.spec import PolicySpec, load
from pytest_kvguard.engine.hold import BudgetHolder
from pytest_kvguard.engine.jobs import Generation, Job, KeptEntries
from pytest_kvguard.engine.logit_trace import LogitTrace
from pytest_kvguard.engine.own_cache import run_own_cache
from pytest_kvguard.engine.room import is_out_of_memory, room_for
from pytest_kvguard.engine.row import Row
from pytest_kvguard.engine.stopwatch import read_stopwatch
from pytest_kvguard.engine.waiting import WaitingRow, batch_key, decode_waiting
from pytest_kvguard.errors import InactivePolicyError, PromptError
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.values.results import Progress
from pytest_kvguard.values.traces import StageSeconds

__all__ = ["OnGenerated", "forget_policies", "run_jobs", "try_jobs"]

OnGenerated = Callable[[Job, Generation], None]
"""Called with every job and its generation as soon as the reply has ended."""

HELD_BATCHES = 2
"""The number of batches' worth of rows that may wait to be decoded."""


def run_jobs(model: LoadedModel, jobs: Sequence[Job], progress: Progress | None = None) -> list[Generation]:
    """Return one generation per job, in the order of the jobs.

    Raises:
        PromptError: a prompt does not fit the model.
        InactivePolicyError: a policy that should remove entries removed none.
        PolicyError: the protected tokens do not fit the budget, or a policy failed.
        RunError: the logits of a reply are not finite.
    """
    generations: list[Generation] = []
    for outcome in try_jobs(model, jobs, progress):
        if isinstance(outcome, Exception):
            raise outcome
        generations.append(outcome)
    return generations


def try_jobs(
    model: LoadedModel, jobs: Sequence[Job], progress: Progress | None = None, on_generated: OnGenerated | None = None
) -> list[Generation | Exception]:
    """Return a generation or an error per job, in the order of the jobs; an error in one context stops no other.

    Args:
        model: the model.
        jobs: in any order; may contain equal jobs.
        progress: called with the progress of each stage.
        on_generated: called with every distinct job and its generation, while others still run.
    """
    outcomes: dict[Job, Generation | Exception] = {}
    contexts = _by_context(_runnable(model, dict.fromkeys(jobs), outcomes))
    waiting: dict[Job, WaitingRow] = {}
    record = None
    for number, members in enumerate(contexts, start=1):
        _report(progress, "prefill", number - 1, len(contexts))
        record = _prepare(model, members, record, waiting, outcomes, on_generated)
        if number == len(contexts) or not _share_prefix(members[0], contexts[number][0]):
            record = None
        if waiting and (number == len(contexts) or _is_enough(model, waiting)):
            decode_waiting(model, waiting, outcomes, partial(_finish, on_generated), progress)
            waiting = {}
    return [outcomes[job] for job in jobs]


def _prepare(
    model: LoadedModel,
    jobs: Sequence[Job],
    earlier: PrefillRecord | None,
    waiting: dict[Job, WaitingRow],
    outcomes: dict[Job, Generation | Exception],
    on_generated: OnGenerated | None,
) -> PrefillRecord | None:
    """Prefill the context of some jobs and compress it for each; run at once the jobs whose policy fills its own cache.

    Args:
        model: the model.
        jobs: jobs of one context.
        earlier: the context before this one, whose shared prefix is reused.
        waiting: receives the rows to be decoded.
        outcomes: receives the generations and errors of the other jobs.
        on_generated: called with every job that was generated.

    Returns:
        The prefilled context; None if the prefill failed.
    """
    device = model.model.device
    start = read_stopwatch(device)
    try:
        record = _prefill_for(model, jobs, earlier)
    except Exception as error:
        parts = _by_needs(jobs)
        if len(parts) == 1:
            outcomes.update(dict.fromkeys(jobs, error))
            return None
        # What one policy wants recorded may be what this model cannot give; the others and the uncompressed arm go on.
        records = [_prepare(model, part, earlier, waiting, outcomes, on_generated) for part in parts]
        return next((record for record in records if record is not None), None)
    prefilled = read_stopwatch(device) - start
    caches: dict[tuple[object, ...], CompressedContext] = {}
    for job in jobs:
        try:
            policy = _policy_of(job)
            own = replace(record, longest=job.longest)
            if isinstance(policy, OwnCache):
                outcomes[job] = generation = run_own_cache(model, own, job, policy, prefilled)
                if on_generated:
                    on_generated(job, generation)
                continue
            context = _compress_for(own, job, caches, device)
            seconds = StageSeconds(prefilled, context.seconds, 0.0)
            waiting[job] = WaitingRow(_row(own, job, context.cache), own.entries, own.cache_bytes, seconds)
        except Exception as error:
            outcomes[job] = error
    return record


def _runnable(model: LoadedModel, jobs: Iterable[Job], outcomes: dict[Job, Generation | Exception]) -> list[Job]:
    """Return the jobs that can start; the errors of the others go to ``outcomes``."""
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


def _check_job(model: LoadedModel, job: Job) -> None:
    needed, room = len(job.token_ids) + job.max_new_tokens, model.max_tokens
    if needed > room:
        raise PromptError(
            f"The prompt has {len(job.token_ids)} tokens and up to {job.max_new_tokens} are generated: {needed} "
            f"in all, but {model.name} holds {room}. Shorten the context or generate.max_new_tokens by {needed - room}."
        )
    border = rotation_border(model.model)
    if border is not None and job.region_tokens <= border < needed - 1:
        raise PromptError(
            f"The context has {job.region_tokens} tokens, and prompt and reply up to {needed}. Past {border}, "
            f"{model.name} rotates every token otherwise (longrope) and would have to read the context again, which a "
            f"compressed cache cannot. Shorten the prompt or generate.max_new_tokens by {needed - 1 - border}, or "
            f"lengthen the context by {border + 1 - job.region_tokens}."
        )
    if not job.region:
        raise PromptError(
            "No token precedes the tokens to be fed, so there is no context. Give the context at least one token."
        )
    if not job.fed:
        raise PromptError(
            "No token is left to feed after compression. Leave at least the last token of the prompt out of the region."
        )
    model.check_kernel(job.cell.kernel)


def _by_context(jobs: Iterable[Job]) -> list[list[Job]]:
    """Return the jobs of each context; contexts with a shared prefix follow one another."""
    contexts: dict[tuple[object, ...], list[Job]] = {}
    for job in jobs:
        contexts.setdefault((job.region, job.layout, job.cell.kernel), []).append(job)

    def prefix(members: list[Job]) -> tuple[str, tuple[int, ...]]:
        return members[0].cell.kernel, members[0].region[: (0, *prefill_boundaries(members[0].layout))[-2]]

    return sorted(contexts.values(), key=prefix)


def _share_prefix(job: Job, other: Job) -> bool:
    """Return whether two contexts share a prefix that one can reuse from the other."""
    end, *rest = prefill_boundaries(job.layout)
    return bool(rest) and job.cell.kernel == other.cell.kernel and job.region[:end] == other.region[:end]


@cache
def _policy(spec: PolicySpec) -> Policy:
    return load(spec)


def _policy_of(job: Job) -> Policy | None:
    """Return the policy that compresses a job's region; None for an uncompressed job."""
    return _policy(job.cell.policy) if job.compresses and job.cell.policy is not None else None


def forget_policies() -> None:
    """Drop all loaded policies, so that they are loaded again on their next use."""
    _policy.cache_clear()


def _by_needs(jobs: Iterable[Job]) -> list[list[Job]]:
    """Return the jobs whose policies need the same observations together; those that need none come first."""
    parts: dict[frozenset[Need], list[Job]] = {}
    for job in jobs:
        policy = _policy_of(job)
        parts.setdefault(policy.needs(job.layout) if policy else frozenset(), []).append(job)
    return [parts[needs] for needs in sorted(parts, key=len)]


def _prefill_for(model: LoadedModel, jobs: Sequence[Job], earlier: PrefillRecord | None) -> PrefillRecord:
    """Prefill the context of some jobs, recording the observations that any of their policies needs."""
    layout: Layout = jobs[0].layout
    needs: set[Need] = set()
    for job in jobs:
        if policy := _policy_of(job):
            needs |= policy.needs(layout)
    hold = any(job.hold_budget and job.compresses for job in jobs)
    earlier = None if any(job.timed for job in jobs) else earlier  # a reused prefix would make this context look cheap
    try:
        return prefill(model.model, jobs[0].region, layout, needs, jobs[0].cell.kernel, hold, earlier)
    except Exception as error:
        if earlier is None or not is_out_of_memory(error):
            raise
    return _prefill_for(model, jobs, None)


@dataclass(frozen=True)
class CompressedContext:
    """A compressed context, and the seconds that compression took."""

    cache: CompactCache
    seconds: float


def _compress_for(
    record: PrefillRecord, job: Job, caches: dict[tuple[object, ...], CompressedContext], device: torch.device
) -> CompressedContext:
    """Return a context compressed for a job; jobs with the same cell and the same sliding layers share the result."""
    policy = _policy_of(job)
    key = (job.cell if policy else job.cell.uncompressed, job.rounded, tuple(record.sliding))
    if key not in caches:
        start = read_stopwatch(device)
        cache = compress(record, policy, job.cell.ratio)
        cache = _round_entries(cache) if job.rounded else cache
        context = CompressedContext(cache, read_stopwatch(device) - start)
        if policy:  # before the context is kept, so that further jobs are refused, too
            _check_active(record, cache, job)
        caches[key] = context
    return caches[key]


def _row(record: PrefillRecord, job: Job, cache: CompactCache) -> Row:
    policy = _policy_of(job)
    holder = BudgetHolder(record, cache, policy) if policy and job.hold_budget else None
    trace = LogitTrace(job.top_logits) if job.top_logits else None
    return Row(cache, job.fed, job.max_new_tokens, holder, job.sampling, trace, timed=job.timed)


def _round_entries(cache: CompactCache) -> CompactCache:
    """Return a cache whose keys and values are rounded to bfloat16, as on a server that stores them in that type."""
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
    if cache.entries < record.entries or cache.loss is not None:  # `quantize` refuses a loss of nothing
        return
    if not record.compressible_layers:
        window, longest = max(record.sliding.values()), job.longest
        why = (
            f"every layer of this model attends through a window, of {window} tokens at most, and prompt and reply may "
            f"have {longest}, so that all layers are left alone"
        )
        what = f"shorten the prompt or generate.max_new_tokens by {longest - window}, or use another model"
    else:
        why = f"the compressed region has {record.tokens} tokens, and all of them fit the budget"
        what = "use a longer context, a higher ratio or another model"
    raise InactivePolicyError(
        f"{job.cell.typed} removed nothing: {why}. A run in which the policy changed nothing proves nothing: {what}."
    )


def _is_enough(model: LoadedModel, waiting: dict[Job, WaitingRow]) -> bool:
    """Return whether enough rows wait to fill the next batches."""
    rows = [waiting_row.row for waiting_row in waiting.values()]
    room = room_for(model.model, rows[0].cache)
    entries, fullest = sum(row.capacity for row in rows), max(Counter(map(batch_key, waiting)).values())
    return fullest >= HELD_BATCHES * room.rows or entries >= HELD_BATCHES * room.entries


def _finish(on_generated: OnGenerated | None, job: Job, waiting_row: WaitingRow) -> Generation:
    """Return the generation of a row whose reply has ended, after telling of it."""
    generation = _generation(job, waiting_row)
    if on_generated:
        on_generated(job, generation)
    return generation


def _generation(job: Job, waiting_row: WaitingRow) -> Generation:
    row, cache = waiting_row.row, waiting_row.row.cache
    seconds = replace(waiting_row.seconds, decode=row.seconds)
    kept = tuple(cache.layers[index].positions for index in cache.compressible_layers)
    if row.holder:
        # The entries held at the end: some of the region may have been evicted while the reply was generated.
        kept = tuple(tuple(row.holder.positions[index]) for index in row.holder.layers)
    return Generation(
        token_ids=tuple(row.generated),
        stopped=row.stopped,
        kept=KeptEntries(kept, cache.seen_tokens) if job.compresses else None,
        entries_before=waiting_row.entries,
        entries_after=sum(len(positions) for heads in kept for positions in heads),
        bytes_before=waiting_row.cache_bytes,
        bytes_after=cache.cache_bytes,
        notes=_notes(job, row),
        logits=row.trace.result() if row.trace else None,
        seconds=seconds if job.timed else None,
        loss=cache.loss,
    )


def _notes(job: Job, row: Row) -> tuple[str, ...]:
    notes: list[str] = []
    if row.cache.sliding:
        windows = ", ".join(str(window) for window in sorted(set(row.cache.sliding.values())))
        notes.append(
            f"{len(row.cache.sliding)} of {len(row.cache.layers)} layers slide (window {windows}) and are left alone"
        )
    if row.cache.states:
        notes.append(_of_states(row.cache))
    if policy := _policy_of(job):
        budget = budget_entries(job.region_tokens, job.cell.ratio)
        notes.extend(policy.notes(job.layout, budget))
    if row.cache.loss:
        notes.append(f"quantized: {row.cache.loss}")
    if row.holder:
        notes.append(f"budget held while generating: {row.holder.evictions} entries evicted over all layers")
    return tuple(notes)


def _of_states(cache: CompactCache) -> str:
    """Return which layers are recurrent, and how many bytes they carry."""
    beside = len(set(cache.states.layers) - cache.idle)
    where = f", {beside} of them beside keys and values" if beside else ""
    return (
        f"{len(cache.states.layers)} of {len(cache.layers)} layers are recurrent{where}: their states, "
        f"{cache.states.nbytes} bytes, are carried as they are and counted in no ratio"
    )


def _report(progress: Progress | None, label: str, done: int, total: int) -> None:
    if progress:
        progress(label, done, total)
