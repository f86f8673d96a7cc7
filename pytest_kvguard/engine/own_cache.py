"""Jobs whose policy fills a cache of its own, with which the plain model generates one reply at a time."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from kvguard_policies.attention import attention_kernel, forget_longest_call
from kvguard_policies.compression import PrefillRecord
from kvguard_policies.held_entries import Alteration, HeldLayer, alteration, held_bytes, held_layer
from kvguard_policies.hf_cache import cache_argument
from kvguard_policies.policy import OwnCache, PolicyError
from pytest_kvguard.engine.jobs import Generation, Job, KeptEntries
from pytest_kvguard.engine.logit_trace import LogitTrace, see_logits
from pytest_kvguard.engine.not_finite import not_finite
from pytest_kvguard.engine.sampling import NO_TOKEN, best_tokens, draw_token
from pytest_kvguard.engine.stopwatch import read_stopwatch
from pytest_kvguard.errors import InactivePolicyError, RunError
from pytest_kvguard.models.load_model import LoadedModel
from pytest_kvguard.values.cell import written_ratio
from pytest_kvguard.values.traces import StageSeconds

__all__ = ["run_own_cache"]


def run_own_cache(
    model: LoadedModel, record: PrefillRecord, job: Job, policy: OwnCache, prefill_seconds: float
) -> Generation:
    """Return a job's reply, with the entries that its cache held at the end.

    Args:
        model: the model.
        record: the uncompressed context, with which the cache is compared.
        job: the job.
        policy: the job's policy.
        prefill_seconds: the time of the uncompressed prefill.

    Raises:
        PolicyError: the policy's code failed, or the model failed on its cache; the message is one line.
        RunError: the logits are not finite.
        InactivePolicyError: the cache holds all of the context, unchanged.
    """
    if job.hold_budget:
        raise PolicyError(
            f"{policy.spec} fills a cache of its own, where no budget can be held from outside. Use "
            "--kv-scope=context, under which the policy may still evict entries by itself while generating."
        )
    run = _OwnCacheRun(model, record, job, policy)
    filled, decoded = run.reply()
    held = run.held
    change = alteration(held)
    kept = tuple(layer.positions for layer in held)
    entries_before = record.entries
    entries_after = sum(len(positions) for heads in kept for positions in heads)
    if entries_after == entries_before and change.is_noise and not policy.lossless:
        raise InactivePolicyError(
            f"{job.cell.typed} changed nothing: the cache holds all {entries_before} entries of the "
            f"{record.tokens} tokens unchanged. A run in which nothing changed proves nothing: use a longer context, a "
            "higher ratio, or other options."
        )
    return Generation(
        token_ids=tuple(run.generated),
        stopped=run.stopped,
        kept=KeptEntries(kept, record.tokens),
        entries_before=entries_before,
        entries_after=entries_after,
        bytes_before=record.cache_bytes,
        bytes_after=run.filled_bytes,
        notes=(*policy.remarks(run.cache), *_notes(job, held, change, entries_before, entries_after)),
        logits=run.trace.result() if run.trace else None,
        seconds=StageSeconds(prefill_seconds, max(0.0, filled - prefill_seconds), decoded) if job.timed else None,
    )


def _notes(job: Job, held: list[HeldLayer], change: Alteration, before: int, after: int) -> tuple[str, ...]:
    notes = ["run by transformers' own attention, alone in its batch"]
    masked = sum(layer.masked for layer in held)
    if masked:
        notes.append(f"{masked} of {before} entries are held but masked, so bytes stay as they were")
    if not change.is_noise:
        notes.append(f"altered: {change}")
    removed, requested = 1 - after / before, float(job.cell.ratio)
    if requested and abs(removed - requested) > 0.01:
        notes.append(f"--ratio={written_ratio(job.cell.ratio)} was requested, {removed:.1%} of the entries are removed")
    return tuple(notes)


class _OwnCacheRun:
    """The generation of one reply on the policy's own cache."""

    def __init__(self, model: LoadedModel, record: PrefillRecord, job: Job, policy: OwnCache) -> None:
        self.model, self.record, self.job, self.policy = model, record, job, policy
        self.trace = LogitTrace(job.top_logits) if job.top_logits else None
        self.generated: list[int] = []
        self.stopped = ""
        self.filled_bytes = 0
        self.cache: Any = None
        self.held: list[HeldLayer] = []

    @torch.no_grad()
    def reply(self) -> tuple[float, float]:
        """Fill the cache and generate the reply; return the seconds that each took."""
        device = self.model.model.device
        start = read_stopwatch(device)
        try:
            forget_longest_call(self.model.model)
            with attention_kernel(self.model.model, self.job.cell.kernel):
                context = torch.tensor([list(self.job.region)], device=device)
                self.cache = self.policy.fill(self.model.model, context, self.job.cell.ratio)
                self.filled_bytes = held_bytes(self.cache)
                filled = read_stopwatch(device) - start
                self._read_cache(grown=False)
                start = read_stopwatch(device)
                with self.policy.going_on(self.model.model, self.cache):
                    self._generate(self.policy.next_position(self.cache, len(self.job.region)))
        except (PolicyError, RunError):
            raise
        except Exception as error:
            step = "filling its cache" if self.cache is None else "the model went on with its cache"
            raise PolicyError(
                f"{self.policy.spec} broke while {step}: {type(error).__name__}: {_line(error)}"
            ) from error
        decoded = read_stopwatch(device) - start
        if self.policy.evicts_later(self.cache):
            self._read_cache(grown=True)
        return filled, decoded

    def _read_cache(self, grown: bool) -> None:
        """Read which entries of the context the cache holds."""
        attended = self.policy.attended(self.cache)
        self.held = [
            held_layer((self.record.keys[i], self.record.values[i]), self.cache, i, attended[i], grown)
            for i in self.record.compressible_layers
        ]

    def _generate(self, position: int) -> None:
        ids = list(self.job.fed)
        while not self.stopped:
            logits = self._forward(ids, position)
            position += len(ids)
            token = self._choose(logits)
            self._accept(token, logits)
            ids = [token]

    def _forward(self, ids: list[int], position: int) -> Tensor:
        """Return the logits (V,) of the last of ``ids``, the first of which stands at ``position``."""
        fed = torch.tensor([ids], device=self.model.model.device)
        positions = torch.arange(position, position + len(ids), device=fed.device)[None]
        passed = cache_argument(self.model.model, self.cache)
        output = self.model.model(input_ids=fed, **passed, position_ids=positions, logits_to_keep=1)
        return output.logits[0, -1]  # type: ignore[no-any-return]

    def _choose(self, logits: Tensor) -> int:
        token = int(best_tokens(logits))
        if token == NO_TOKEN:
            raise not_finite(self.job, len(self.generated))
        return draw_token(logits, self.job.sampling, len(self.generated)) if self.job.sampling else token

    def _accept(self, token: int, logits: Tensor) -> None:
        self.generated.append(token)
        if self.trace:
            self.trace.add(*see_logits(logits[None], self.trace.most))
        if token in self.model.stop_ids:
            self.stopped = "stop"
        elif len(self.generated) >= self.job.max_new_tokens:
            self.stopped = "length"


def _line(error: Exception) -> str:
    """Return an error's message as one line."""
    return " ".join(str(error).split()) or "no message"
