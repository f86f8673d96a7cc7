"""Decoding of any number of rows in large batches, which are refilled as replies end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import cache

import torch
from transformers import PreTrainedModel

from kvguard_policies.attention import MATMUL, ragged_attention
from pytest_kvguard.engine.batch import CALL_SIZES, Batch, CallSize
from pytest_kvguard.engine.room import Room, is_out_of_memory, room_for
from pytest_kvguard.engine.row import Row
from pytest_kvguard.engine.ties import must_run_alone, next_token_alone, safe_call_size, tie_margin

__all__ = ["OnEnd", "Row", "decode_rows"]

REFILL_SHARE = 8
"""Rows join once an eighth of the batch is free, because feeding them one by one costs more than the free places."""

OnEnd = Callable[[Row], None]
"""Called with a row whose reply has ended."""


@torch.no_grad()
def decode_rows(
    model: PreTrainedModel,
    rows: Sequence[Row],
    stop_ids: frozenset[int],
    kernel: str = "sdpa",
    room: Room | None = None,
    padded: bool = True,
    on_end: OnEnd | None = None,
    tie: float | None = None,
) -> None:
    """Generate the replies of all rows, in place.

    A reply does not depend on the other rows of the batch (batch invariance). Where they change the last bits of a row,
    a token whose two best logits are nearly tied is decided by computing that row alone.

    If memory runs out, the rows that have not ended start again in batches of half the size.

    Args:
        model: the model that computed the rows' caches.
        rows: in the order in which they may join.
        stop_ids: the ids that end a reply.
        kernel: the attention kernel to run.
        room: the limits of a batch; None derives them from the free memory.
        padded: pad calls to a size, see ``CallSize``.
        on_end: called with every row as soon as its reply has ended.
        tie: two best logits that are closer than this are nearly tied. None tries out whether the other rows of a batch
            change the bits of a row here, and uses ``tie_margin`` if they do.
    """
    kernel = _kernel(model, kernel, padded)
    size, tie = _precautions(model, kernel, padded, tie)
    room = room or room_for(model, rows[0].cache)
    if tie:
        for row in filter(must_run_alone, rows):
            decode_rows(model, [row], stop_ids, kernel, Room(1, room.entries), padded, on_end, 0.0)
    while waiting := [row for row in rows if not row.stopped]:
        batch = Batch(model, kernel, stop_ids, size)
        batch.tie, batch.break_tie = tie, next_token_alone
        try:
            _decode(batch, waiting, room, on_end)
        except Exception as error:
            if room.rows == 1 or not is_out_of_memory(error):
                raise
            room = room.halved
            for row in waiting:
                row.restart()


def _precautions(model: PreTrainedModel, kernel: str, padded: bool, tie: float | None) -> tuple[CallSize | None, float]:
    """Return the size of calls and the margin of ties that make replies independent of the other rows of the batch."""
    if not padded:
        return None, tie or 0.0
    if tie is not None:
        return CALL_SIZES[0], tie
    size = safe_call_size(model, kernel)
    return (size, 0.0) if size else (CALL_SIZES[0], tie_margin(model))


def _kernel(model: PreTrainedModel, requested: str, padded: bool) -> str:
    """Return the kernel to run for a requested one; CPUs without matrix tiles run sdpa slowly on single queries."""
    is_slow = requested == "sdpa" and padded and model.device.type == "cpu" and not _has_tiles()
    return MATMUL if is_slow else requested


@cache
def _has_tiles() -> bool:
    """Return whether the processor multiplies matrix tiles (AMX); False where this version of torch cannot tell."""
    capabilities = getattr(torch.cpu, "get_capabilities", None)
    return capabilities is not None and bool(capabilities().get("amx_bf16"))


def _decode(batch: Batch, rows: Sequence[Row], room: Room, on_end: OnEnd | None) -> None:
    waiting = deque(rows)
    with ragged_attention(batch.model, batch.kernel):
        while waiting or batch.rows:
            batch.join(_next_rows(batch, waiting, room))
            for row in batch.step():
                if on_end:
                    on_end(row)


def _next_rows(batch: Batch, waiting: deque[Row], room: Room) -> list[Row]:
    """Remove from ``waiting`` the rows that may join now, and return them."""
    decoding, entries = len(batch.rows), batch.entries
    if decoding > room.rows - max(1, room.rows // REFILL_SHARE):
        return []
    joining: list[Row] = []
    while waiting and decoding + len(joining) < room.rows:
        entries += waiting[0].capacity
        if entries > room.entries and (decoding or joining):
            break
        joining.append(waiting.popleft())
    return joining
