"""Codes of 1 to 8 bits, packed into bytes."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["PACKABLE_BITS", "pack_bits", "unpack_bits"]

PACKABLE_BITS = (2, 4, 8)
"""Widths that divide a byte."""


def pack_bits(codes: Tensor, bits: int) -> Tensor:
    """Return codes side by side in bytes, the first one in the lowest bits.

    Args:
        codes: any shape, uint8, each below ``2 ** bits``.
        bits: one of ``PACKABLE_BITS``.

    Returns:
        (ceil(n * bits / 8),) uint8.
    """
    per_byte = 8 // bits
    flat = torch.nn.functional.pad(codes.flatten(), (0, -codes.numel() % per_byte))
    shifts = torch.arange(0, 8, bits, dtype=torch.uint8, device=codes.device)
    return (flat.view(-1, per_byte) << shifts).sum(-1, dtype=torch.uint8)


def unpack_bits(packed: Tensor, bits: int, count: int) -> Tensor:
    """Return the first ``count`` codes of ``pack_bits``, (count,) uint8."""
    shifts = torch.arange(0, 8, bits, dtype=torch.uint8, device=packed.device)
    codes: Tensor = (packed[:, None] >> shifts) & (2**bits - 1)
    return codes.flatten()[:count]
