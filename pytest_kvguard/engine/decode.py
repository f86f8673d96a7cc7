"""Decoding of many rows at once: different contexts, policies, ratios and lengths side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from transformers import PreTrainedModel

from kvguard_policies.hf_cache import CompactCache, RaggedCache
from kvguard_policies.kernel import ragged_attention
from pytest_kvguard.engine.hold import BudgetHolder
from pytest_kvguard.engine.logit_trace import LogitTrace
from pytest_kvguard.engine.sampling import Sampling, draw_token

__all__ = ["Row", "decode_rows"]


@dataclass
class Row:
    """One reply in the making.

    Attributes:
        cache: the context's rows.
        fed: tokens still to be fed before the first one is generated, at least one.
        max_new_tokens: cap on the reply.
        holder: evicts while generating, in scope *decode*.
        sampling: how tokens are drawn; None takes the most likely one.
        trace: notes the highest logits; None where they are not wanted.
        generated: ids so far, stop token included.
        stopped: ``stop`` or ``length``; empty while generating.
    """

    cache: CompactCache
    fed: tuple[int, ...]
    max_new_tokens: int
    holder: BudgetHolder | None = None
    sampling: Sampling | None = None
    trace: LogitTrace | None = None
    generated: list[int] = field(default_factory=list)
    stopped: str = ""

    @property
    def next_position(self) -> int:
        """True position of the next token to be fed, once ``fed`` has been."""
        return self.cache.seen_tokens + len(self.fed) + len(self.generated) - 1

    def accept(self, token: int, stop_ids: frozenset[int]) -> None:
        """Take the next token."""
        self.generated.append(token)
        if self.trace:
            self.trace.commit()
        if token in stop_ids:
            self.stopped = "stop"
        elif len(self.generated) >= self.max_new_tokens:
            self.stopped = "length"


@torch.no_grad()
def decode_rows(
    model: PreTrainedModel,
    rows: Sequence[Row],
    stop_ids: frozenset[int],
    kernel: str = "sdpa",
) -> None:
    """Generate every row to its end, in place.

    Args:
        model: the model that made the rows' caches.
        rows: the batch.
        stop_ids: any number of ids that end a reply.
        kernel: attention function to run.
    """
    active = list(rows)
    reserve = max(len(row.fed) + row.max_new_tokens for row in rows)
    recorders = [row.holder.recorder if row.holder else None for row in rows]
    cache = RaggedCache.of([row.cache for row in rows], kernel, reserve, recorders)
    with ragged_attention(model):
        tokens = _feed(model, cache, active)
        while True:
            for row, token in zip(active, tokens.tolist(), strict=True):
                if not row.stopped:
                    row.accept(token, stop_ids)
            active, tokens = _drop_stopped(cache, active, tokens)
            if not active:
                return
            tokens = _step(model, cache, active, tokens)


def _feed(model: PreTrainedModel, cache: RaggedCache, rows: Sequence[Row]) -> Tensor:
    """Feed the right-padded rest of every prompt; return (B,) int64 first generated tokens."""
    if any(row.holder for row in rows):
        return _feed_one_by_one(model, cache, rows)
    counts = torch.tensor([len(row.fed) for row in rows], device=model.device)
    width = int(counts.max())
    ids = torch.tensor([[*row.fed, *[row.fed[-1]] * (width - len(row.fed))] for row in rows], device=model.device)
    start = torch.tensor([row.cache.seen_tokens for row in rows], device=model.device)
    ends, which = torch.unique(counts - 1, return_inverse=True)
    logits = _forward(model, cache, ids, start, counts, ends)
    return _choose(logits[torch.arange(len(rows), device=model.device), which], rows)


def _feed_one_by_one(model: PreTrainedModel, cache: RaggedCache, rows: Sequence[Row]) -> Tensor:
    """Feed one token of every row at a time, evicting in between; rows must be fed equally many."""
    tokens = torch.empty(0)
    for offset in range(len(rows[0].fed)):
        ids = torch.tensor([[row.fed[offset]] for row in rows], device=model.device)
        start = torch.tensor([row.cache.seen_tokens + offset for row in rows], device=model.device)
        tokens = _choose(_forward(model, cache, ids, start, None, 1)[:, -1], rows)
        _hold(cache, rows, start)
    return tokens


def _step(model: PreTrainedModel, cache: RaggedCache, rows: Sequence[Row], tokens: Tensor) -> Tensor:
    start = torch.tensor([row.next_position for row in rows], device=model.device)
    following = _choose(_forward(model, cache, tokens[:, None], start, None, 1)[:, -1], rows)
    _hold(cache, rows, start)
    return following


def _choose(logits: Tensor, rows: Sequence[Row]) -> Tensor:
    """Return (B,) int64 next tokens from (B, V) logits: the most likely one, or a row's own draw."""
    chosen = logits.argmax(-1)
    for number, row in enumerate(rows):
        if row.trace:
            row.trace.see(logits[number])
        if row.sampling and not row.stopped:
            chosen[number] = draw_token(logits[number], row.sampling, len(row.generated))
    return chosen


def _hold(cache: RaggedCache, rows: Sequence[Row], positions: Tensor) -> None:
    for number, row in enumerate(rows):
        if row.holder and not row.stopped:
            row.holder.hold(cache, number, positions[number : number + 1])


def _forward(
    model: PreTrainedModel,
    cache: RaggedCache,
    ids: Tensor,
    start: Tensor,
    counts: Tensor | None,
    logits_to_keep: Tensor | int,
) -> Tensor:
    """Return logits (B, kept, vocabulary) of tokens (B, Q) whose first one stands at true position ``start`` (B,)."""
    cache.fed = counts
    cache.positions = start.tolist()
    positions = start[:, None] + torch.arange(ids.shape[1], device=ids.device)
    output = model(input_ids=ids, past_key_values=cache, position_ids=positions, logits_to_keep=logits_to_keep)
    return output.logits  # type: ignore[no-any-return]


def _drop_stopped(cache: RaggedCache, rows: list[Row], tokens: Tensor) -> tuple[list[Row], Tensor]:
    """Shrink the batch once half of its rows have stopped; copying the cache more often costs more than it saves."""
    going = [number for number, row in enumerate(rows) if not row.stopped]
    if len(going) * 2 > len(rows):
        return rows, tokens
    if not going:
        return [], tokens
    index = torch.tensor(going, device=tokens.device)
    cache.take(index)
    return [rows[number] for number in going], tokens[index]
