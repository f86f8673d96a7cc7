"""The limits of one batch: as much as memory allows, and half of that after memory ran out."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import PreTrainedModel

from kvguard_policies.compact import CompactCache

__all__ = ["MOST_ROWS", "Room", "free_bytes", "is_out_of_memory", "room_for"]

MOST_ROWS = 128
"""On CPUs, larger batches are no faster per token, and their rows wait longer for the slowest one."""

SHARE = 0.25
"""The share of the free memory that a batch may take."""

FEWEST_ENTRIES = 4096

STATE_COPIES = 4
"""Recurrent states of a row are held by its context and by the batch, and twice more while rows are rearranged."""

MEMORY_INFO = Path("/proc/meminfo")

ASSUMED_FREE_BYTES = 4 << 30
"""Used where the system reports no memory size; a batch that does not fit is halved."""


@dataclass(frozen=True)
class Room:
    """The limits of one batch.

    Attributes:
        rows: the number of replies.
        entries: the number of tokens, cached and to come, over all rows; a row that needs more runs alone.
    """

    rows: int
    entries: int

    @property
    def halved(self) -> Room:
        """Half of both limits."""
        return Room(max(1, self.rows // 2), max(1, self.entries // 2))


def room_for(model: PreTrainedModel, context: CompactCache) -> Room:
    """Return the limits of a batch that fits into the memory that is free now.

    Args:
        model: the model, on its device.
        context: any context of the model, from which the bytes of a token are computed.
    """
    vectors = (half[:1].nbytes * len(layer.counts) for layer in context.layers for half in (layer.keys, layer.values))
    token = sum(vectors)
    free = int(free_bytes(model.device) * SHARE)
    states = STATE_COPIES * context.states.nbytes
    rows = min(MOST_ROWS, max(1, free // states)) if states else MOST_ROWS
    return Room(rows, max(FEWEST_ENTRIES, free // max(1, token)))


def free_bytes(device: torch.device) -> int:
    """Return the bytes that are free on a device, or on the host."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return _free_host_bytes()


def _free_host_bytes() -> int:
    """Return the bytes available without swapping on Linux, and half of the machine's memory elsewhere."""
    if MEMORY_INFO.is_file():
        available = re.search(r"^MemAvailable:\s*(\d+) kB$", MEMORY_INFO.read_text(encoding="ascii"), re.MULTILINE)
        if available:
            return int(available[1]) * 1024
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, OSError, ValueError):
        return ASSUMED_FREE_BYTES


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that memory ran out, on the device or on the host."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and "not enough memory" in str(error)
