"""Decoding of many rows at once: large batches, refilled as rows come to their ends."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import cache

import torch
from transformers import PreTrainedModel

from kvguard_policies.kernel import MATMUL, ragged_attention
from pytest_kvguard.engine.batch import CALL_SIZES, Batch, CallSize
from pytest_kvguard.engine.room import Room, is_out_of_memory, room_for
from pytest_kvguard.engine.row import Row
from pytest_kvguard.engine.ties import decided_alone, must_be_alone, safe_call_size, tie_margin

__all__ = ["OnEnd", "Row", "decode_rows"]

REFILL_SHARE = 8
"""Rows join once an eighth of the batch is free; feeding them one by one would cost more than the free places do."""

OnEnd = Callable[[Row], None]
"""Told of a row that has come to its end."""


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
    """Generate every row to its end, in place.

    A reply does not depend on its batch mates. Where they change a row's last bits, a token whose two best logits are
    nearly tied is decided by a computation of that row alone.

    Memory that runs out costs nothing but time: rows that were not at their end start again in half the room.

    Args:
        model: the model that made the rows' caches.
        rows: in the order in which they may join.
        stop_ids: any number of ids that end a reply.
        kernel: attention function to run.
        room: what runs side by side; None is what memory allows.
        padded: calls are filled up, see ``CallSize``.
        on_end: told of every row as soon as it has ended.
        tie: how close two logits must be to be nearly tied; None tries out whether company changes bits here, and is
            ``tie_margin`` if it does.
    """
    kernel = _kernel(model, kernel, padded)
    size, tie = _precautions(model, kernel, padded, tie)
    room = room or room_for(model, rows[0].cache)
    if tie:
        for row in filter(must_be_alone, rows):
            decode_rows(model, [row], stop_ids, kernel, Room(1, room.entries), padded, on_end, 0.0)
    while waiting := [row for row in rows if not row.stopped]:
        batch = Batch(model, kernel, stop_ids, size)
        batch.tie, batch.judge = tie, decided_alone
        try:
            _decode(batch, waiting, room, on_end)
        except Exception as error:
            if room.rows == 1 or not is_out_of_memory(error):
                raise
            room = room.halved
            for row in waiting:
                row.restart()


def _precautions(model: PreTrainedModel, kernel: str, padded: bool, tie: float | None) -> tuple[CallSize | None, float]:
    """Return the size of calls and the margin of ties with which a reply does not depend on its batch mates."""
    if not padded:
        return None, tie or 0.0
    if tie is not None:
        return CALL_SIZES[0], tie
    size = safe_call_size(model, kernel)
    return (size, 0.0) if size else (CALL_SIZES[0], tie_margin(model))


def _kernel(model: PreTrainedModel, wanted: str, padded: bool) -> str:
    """Return the attention to run; on CPUs without tiles for matrices, sdpa takes long for single queries."""
    return MATMUL if wanted == "sdpa" and padded and model.device.type == "cpu" and not _has_tiles() else wanted


@cache
def _has_tiles() -> bool:
    """Whether the processor multiplies tiles of matrices (AMX); versions of torch that cannot tell are not asked."""
    ask = getattr(torch.cpu, "get_capabilities", None)
    return ask is not None and bool(ask().get("amx_bf16"))


def _decode(batch: Batch, rows: Sequence[Row], room: Room, on_end: OnEnd | None) -> None:
    waiting = deque(rows)
    with ragged_attention(batch.model):
        while waiting or batch.rows:
            batch.join(_next_rows(batch, waiting, room))
            for row in batch.step():
                if on_end:
                    on_end(row)


def _next_rows(batch: Batch, waiting: deque[Row], room: Room) -> list[Row]:
    """Take the rows that may join now."""
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
