"""A clock that counts the time a device spends on this process."""

from __future__ import annotations

from time import perf_counter, process_time

import torch

__all__ = ["read_stopwatch"]


def read_stopwatch(device: torch.device) -> float:
    """Return the seconds since an arbitrary start.

    On a CPU this is the time of this process over all threads, so that other processes do not count. On an accelerator
    it is wall-clock time, read after all queued work is done.
    """
    if device.type == "cpu":
        return process_time()
    torch.get_device_module(device).synchronize(device)
    return perf_counter()
