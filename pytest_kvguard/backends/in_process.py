"""The default backend, which runs the engine on a transformers model in this process."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from hashlib import sha256
from typing import Any

import torch

from kvguard_policies.policy import Layout
from pytest_kvguard.backends.environment import environment_of
from pytest_kvguard.backends.golden_jobs import TOP_LOGITS, plain_positions, trace_of
from pytest_kvguard.backends.protocol import OnOutcome, Progress, TurnOutcome, TurnRequest
from pytest_kvguard.contract.model import Contract
from pytest_kvguard.contract.render import Prompt, render_prompt
from pytest_kvguard.engine.jobs import Generation, Job, KeptEntries
from pytest_kvguard.engine.planner import OnGenerated, try_jobs
from pytest_kvguard.engine.reply_text import reply_text
from pytest_kvguard.engine.sampling import Sampling
from pytest_kvguard.errors import KVGuardError
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.values.cell import Cell, written_ratio
from pytest_kvguard.values.results import CacheReport, KeepRate, PromptTokens, Reply

__all__ = ["InProcess", "JobBackend", "build_job", "null_changes_of", "title_of"]


def title_of(model: LoadedModel) -> str:
    """Return a title with the model, its dtype and its device."""
    return f"{model.name} ({str(model.model.dtype).removeprefix('torch.')} on {model.model.device})"


def null_changes_of(model: LoadedModel) -> tuple[str, ...]:
    """Return the harmless changes that a model can run, the preferred one first.

    Rounding the cache to bfloat16 needs no second kernel, but changes nothing in a model that runs in bfloat16.
    """
    loaded: Any = model.model
    rounding = ("bfloat16",) if loaded.dtype is torch.float32 else ()
    return (*rounding, *(("kernel",) if getattr(loaded, "_supports_sdpa", True) else ()), "batch")


class JobBackend(ABC):
    """Turns requests into jobs and generations into outcomes, wherever the jobs run.

    Args:
        tokenizer: tokenizer of the model.
        stop_ids: all token ids that end a reply.
        traced: whether to record traces of the turns that a golden may hold.
        timed: whether to measure the time of every turn; each policy and ratio is then decoded in batches of its own.
    """

    def __init__(self, tokenizer: Any, stop_ids: frozenset[int], traced: bool = False, timed: bool = False) -> None:
        self.tokenizer = tokenizer
        self.stop_ids = stop_ids
        self.traced = traced
        self.timed = timed

    @abstractmethod
    def try_jobs(
        self, jobs: Sequence[Job], progress: Progress | None, on_generated: OnGenerated
    ) -> list[Generation | Exception]:
        """Return a generation or an error per job, in order; call ``on_generated`` as each generation is ready."""

    def run_turns(
        self, requests: Sequence[TurnRequest], progress: Progress | None = None, on_outcome: OnOutcome | None = None
    ) -> list[TurnOutcome | Exception]:
        """See ``Backend.run_turns``."""
        outcomes: dict[int, TurnOutcome | Exception] = {}
        requesters: dict[Job, list[tuple[int, Prompt]]] = {}
        for number, request in enumerate(requests):
            plan = self._plan(request)
            if isinstance(plan, Exception):
                outcomes[number] = plan
            else:
                requesters.setdefault(plan[1], []).append((number, plan[0]))

        def take(job: Job, generation: Generation) -> None:
            for number, prompt in requesters[job]:
                outcome = outcomes[number] = self._outcome(prompt, job, generation)
                if on_outcome:
                    on_outcome(number, outcome)

        for job, generation in zip(requesters, self.try_jobs(list(requesters), progress, take), strict=True):
            if isinstance(generation, Exception):
                outcomes.update(dict.fromkeys((number for number, _ in requesters[job]), generation))
        return [outcomes[number] for number in range(len(requests))]

    def _plan(self, request: TurnRequest) -> tuple[Prompt, Job] | Exception:
        try:
            prompt = render_prompt(self.tokenizer, request.contract, request.order, request.turns, request.replies)
        except KVGuardError as error:
            return error
        job = build_job(prompt, request, TOP_LOGITS if self.traced and _is_recorded(request) else 0)
        return prompt, replace(job, timed=self.timed)

    def _outcome(self, prompt: Prompt, job: Job, generation: Generation) -> TurnOutcome:
        text = reply_text(self.tokenizer, generation.token_ids, self.stop_ids)
        reply = Reply(text, generation.token_ids, generation.stopped)
        trace = trace_of(job, generation) if job.top_logits else None
        if generation.kept is None:
            return TurnOutcome(reply, trace=trace, seconds=generation.seconds)
        return TurnOutcome(
            reply,
            _cache_report(job, prompt, generation),
            _keep_rates(prompt, generation.kept),
            plain_positions(generation.kept),
            PromptTokens(prompt.pieces[: job.region_tokens], prompt.owners[: job.region_tokens]),
            trace,
            generation.seconds,
        )


class InProcess(JobBackend):
    """Runs turns on a model in this process.

    Args:
        model: the model.
        traced, timed: see ``JobBackend``.
    """

    def __init__(self, model: LoadedModel, traced: bool = False, timed: bool = False) -> None:
        super().__init__(model.tokenizer, model.stop_ids, traced, timed)
        self.model = model

    @property
    def title(self) -> str:
        """See ``Backend``: model, dtype and device."""
        return title_of(self.model)

    @cached_property
    def environment(self) -> dict[str, str]:
        """See ``Backend``."""
        return environment_of(self.model)

    @property
    def null_changes(self) -> tuple[str, ...]:
        """See ``Backend``."""
        return null_changes_of(self.model)

    def try_jobs(
        self, jobs: Sequence[Job], progress: Progress | None, on_generated: OnGenerated
    ) -> list[Generation | Exception]:
        """See ``JobBackend``."""
        return try_jobs(self.model, jobs, progress, on_generated)


def _is_recorded(request: TurnRequest) -> bool:
    """Return whether a golden holds this turn: it holds those in the written order with the first seed."""
    contract = request.contract
    usual = request.order == contract.written_order and request.seed == contract.generate.drawn_seeds[0]
    return usual and not request.null_change


def build_job(prompt: Prompt, request: TurnRequest, top_logits: int = 0) -> Job:
    """Return the engine's job for a rendered prompt."""
    region = prompt.context_tokens if request.scope == "context" else len(prompt.token_ids) - 1
    spans = tuple(intervals for intervals in prompt.spans.values() if intervals)
    return Job(
        token_ids=prompt.token_ids,
        region_tokens=region,
        layout=Layout(region, spans, _forced(request.contract, prompt)),
        cell=_other_kernel(request.cell) if request.null_change == "kernel" else request.cell,
        hold_budget=request.scope == "decode",
        max_new_tokens=request.contract.generate.max_new_tokens,
        sampling=_sampling(request),
        rounded=request.null_change == "bfloat16",
        alone=request.null_change == "batch",
        top_logits=top_logits,
    )


def _other_kernel(cell: Cell) -> Cell:
    return replace(cell, kernel="sdpa" if cell.kernel == "eager" else "eager")


def _sampling(request: TurnRequest) -> Sampling | None:
    """Return the sampling of a reply; its stream ignores earlier replies, so that both arms share it in later turns."""
    generate = request.contract.generate
    if request.seed is None or generate.temperature is None:
        return None
    prompt = "\0".join([request.contract.system_text(request.order), *request.turns])
    stream = f"{request.seed}:{sha256(prompt.encode()).hexdigest()}"
    return Sampling(generate.temperature, generate.top_p, stream)


def _forced(contract: Contract, prompt: Prompt) -> tuple[tuple[int, int], ...]:
    protected = contract.protected
    return tuple(sorted(interval for name in protected for interval in prompt.spans[name]))


def _cache_report(job: Job, prompt: Prompt, generation: Generation) -> CacheReport:
    return CacheReport(
        requested_ratio=written_ratio(job.cell.ratio),
        entries_before=generation.entries_before,
        entries_after=generation.entries_after,
        bytes_before=generation.bytes_before,
        bytes_after=generation.bytes_after,
        notes=prompt.notes + generation.notes,
    )


def _keep_rates(prompt: Prompt, kept: KeptEntries) -> dict[str, KeepRate]:
    return {
        name: KeepRate(kept.keep_rates(intervals), sum(stop - start for start, stop in intervals))
        for name, intervals in prompt.spans.items()
        if intervals
    }
