"""Time as a device spends it."""

from __future__ import annotations

from time import perf_counter, process_time

import torch

__all__ = ["read_stopwatch"]


def read_stopwatch(device: torch.device) -> float:
    """Return seconds from some start.

    On a processor they are those of this process, all threads together, so that what else runs does not count. On an
    accelerator they are the clock's, after it has finished what it was given.
    """
    if device.type == "cpu":
        return process_time()
    torch.get_device_module(device).synchronize(device)
    return perf_counter()
