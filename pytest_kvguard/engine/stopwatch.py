"""A clock that counts the time a device spends on this process."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter, process_time
from typing import Protocol

import torch

__all__ = ["SharedClock", "read_stopwatch"]


def read_stopwatch(device: torch.device) -> float:
    """Return the seconds since an arbitrary start.

    On a CPU this is the time of this process over all threads, so that other processes do not count. On an accelerator
    it is wall-clock time, read after all queued work is done.
    """
    if device.type == "cpu":
        return process_time()
    torch.get_device_module(device).synchronize(device)
    return perf_counter()


class Timed(Protocol):
    """What is charged for its share of the time, if it is ``timed``."""

    timed: bool
    seconds: float


class SharedClock:
    """Charges time to rows that are computed together; it is read only where the rows change, and if one is timed.

    Args:
        device: the device that computes them.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._since: float | None = None

    def start(self, rows: Sequence[Timed]) -> None:
        """Start to measure, unless the clock is running already."""
        if self._since is None and any(row.timed for row in rows):
            self._since = read_stopwatch(self._device)

    def stop(self, rows: Sequence[Timed]) -> None:
        """Charge the time since the start to rows, in equal shares."""
        if self._since is None or not rows:
            return
        share = (read_stopwatch(self._device) - self._since) / len(rows)
        self._since = None
        for row in rows:
            row.seconds += share
