"""How much is decoded at once: what memory allows, and half of it after it ran out."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import PreTrainedModel

from kvguard_policies.compact import CompactCache

__all__ = ["MOST_ROWS", "Room", "is_out_of_memory", "room_for"]

MOST_ROWS = 128
"""More rows than this are no faster per token on CPUs, and wait longer for the slowest."""

SHARE = 0.25
"""Part of the free memory that a batch may take."""

FEWEST_ENTRIES = 4096

MEMORY_INFO = Path("/proc/meminfo")

ASSUMED_FREE_BYTES = 4 << 30
"""Where a system tells nothing; a batch that does not fit is halved."""


@dataclass(frozen=True)
class Room:
    """What one batch may hold.

    Attributes:
        rows: replies side by side.
        entries: tokens, cached and to come, all rows together; a single row may need more and runs alone.
    """

    rows: int
    entries: int

    @property
    def halved(self) -> Room:
        """Half the room."""
        return Room(max(1, self.rows // 2), max(1, self.entries // 2))


def room_for(model: PreTrainedModel, context: CompactCache) -> Room:
    """Return what fits into the memory that is free now.

    Args:
        model: tells the device.
        context: any context of the model; tells the size of a token.
    """
    token = sum(2 * layer.keys[:1].nbytes * len(layer.counts) for layer in context.layers)
    return Room(MOST_ROWS, max(FEWEST_ENTRIES, int(_free_bytes(model.device) * SHARE) // max(1, token)))


def _free_bytes(device: torch.device) -> int:
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return _free_host_bytes()


def _free_host_bytes() -> int:
    """Return the memory that can be taken without swapping, as Linux tells; elsewhere half of the machine's memory."""
    if MEMORY_INFO.is_file():
        available = re.search(r"^MemAvailable:\s*(\d+) kB$", MEMORY_INFO.read_text(encoding="ascii"), re.MULTILINE)
        if available:
            return int(available[1]) * 1024
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, OSError, ValueError):
        return ASSUMED_FREE_BYTES


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, on the device or on the host."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and "not enough memory" in str(error)
