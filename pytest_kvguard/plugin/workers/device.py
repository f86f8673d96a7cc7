"""The choice of an accelerator for each of xdist's workers, on a machine with several."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

__all__ = ["choose_device", "use_own_device"]

VISIBLE = "CUDA_VISIBLE_DEVICES"


def choose_device(worker: str, visible: str | None, count: int) -> str | None:
    """Return the value of ``CUDA_VISIBLE_DEVICES`` for a worker; None to leave the variable unchanged.

    Args:
        worker: xdist's id of the worker; the first is ``gw0``.
        visible: the variable's present value; None if it is not set.
        count: the number of devices, used if the variable is not set.
    """
    number = worker.removeprefix("gw")
    devices = [name.strip() for name in visible.split(",") if name.strip()] if visible is not None else None
    devices = [str(device) for device in range(count)] if devices is None else devices
    if not number.isdecimal() or len(devices) < 2:
        return None
    return devices[int(number) % len(devices)]


def use_own_device(device: str, worker: str, environment: MutableMapping[str, str] = os.environ) -> None:
    """Restrict a worker to one device before CUDA starts; does nothing if the device has a number, as ``cuda:0``."""
    if device != "cuda" or not worker:
        return
    import torch

    chosen = choose_device(worker, environment.get(VISIBLE), torch.cuda.device_count())
    if chosen is not None:
        environment[VISIBLE] = chosen
