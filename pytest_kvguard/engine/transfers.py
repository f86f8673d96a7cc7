"""Copies between the host and an accelerator for which neither waits."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["Arrival", "upload"]


def upload(values: Sequence[object], device: torch.device, dtype: torch.dtype | None = None) -> Tensor:
    """Return numbers, or equally long lists of them, as a tensor on a device; the host goes on at once."""
    return torch.tensor(values, dtype=dtype).to(device, non_blocking=True)


class Arrival:
    """A tensor on its way to the host, which reads it once the steps after it are queued.

    Args:
        tensor: (M, N) on any device; small.
    """

    def __init__(self, tensor: Tensor) -> None:
        is_cuda = tensor.device.type == "cuda"
        self._host = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=is_cuda)
        self._host.copy_(tensor, non_blocking=True)
        self._copied = torch.cuda.Event() if is_cuda else None
        if self._copied:
            self._copied.record()

    def read(self) -> list[list[int]]:
        """Return the rows of a matrix, after waiting for them if they have not arrived."""
        if self._copied:
            self._copied.synchronize()
        return self._host.tolist()
