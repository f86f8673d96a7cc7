"""Which accelerator a worker of xdist computes on, where there are several."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

__all__ = ["choose_device", "use_own_device"]

VISIBLE = "CUDA_VISIBLE_DEVICES"


def choose_device(worker: str, visible: str | None, count: int) -> str | None:
    """Return what a worker's ``CUDA_VISIBLE_DEVICES`` should be; None to leave it as it is.

    Args:
        worker: what xdist calls the worker, ``gw0`` for the first.
        visible: what the variable is now.
        count: how many devices there are in all.
    """
    number = worker.removeprefix("gw")
    devices = [name.strip() for name in visible.split(",") if name.strip()] if visible is not None else None
    devices = [str(device) for device in range(count)] if devices is None else devices
    if not number.isdecimal() or len(devices) < 2:
        return None
    return devices[int(number) % len(devices)]


def use_own_device(device: str, worker: str, environment: MutableMapping[str, str] = os.environ) -> None:
    """Let a worker see one device, before CUDA starts; what names a device by number is left alone."""
    if device != "cuda" or not worker:
        return
    import torch

    chosen = choose_device(worker, environment.get(VISIBLE), torch.cuda.device_count())
    if chosen is not None:
        environment[VISIBLE] = chosen
