"""Affine quantization: groups of numbers as packed codes of few bits, each group with its own scale and zero."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from kvguard_policies.stores import PackedVectors

__all__ = [
    "PACKABLE_BITS",
    "PER_CHANNEL",
    "PER_TOKEN",
    "AffineVectors",
    "pack_bits",
    "quantize_affine",
    "unpack_bits",
]

PER_CHANNEL = 1
"""Axis of quantization groups of neighbouring tokens in one channel."""

PER_TOKEN = 2
"""Axis of quantization groups of neighbouring channels of one token."""

PACKABLE_BITS = (2, 4, 8)
"""Code widths that divide a byte."""


@dataclass(frozen=True)
class AffineVectors(PackedVectors):
    """Vectors as ``code * scale + zero``.

    Attributes:
        codes: (ceil(H * m * D * bits / 8),) uint8, packed.
        scale, zero: (H, groups, D) per channel, (H, m, groups) per token; in the vectors' dtype.
        shape: (H, m, D).
        bits: width of a code.
        group: numbers per quantization group; the last group along the axis may hold fewer.
        axis: ``PER_CHANNEL`` or ``PER_TOKEN``.
    """

    codes: Tensor
    scale: Tensor
    zero: Tensor
    shape: tuple[int, int, int]
    bits: int
    group: int
    axis: int

    @property
    def nbytes(self) -> int:
        """See ``PackedVectors``."""
        return self.codes.nbytes + self.scale.nbytes + self.zero.nbytes

    def unpack(self) -> Tensor:
        """See ``PackedVectors``."""
        heads, tokens, size = self.shape
        codes = unpack_bits(self.codes, self.bits, heads * tokens * size).view(self.shape)
        return (codes * self._spread(self.scale) + self._spread(self.zero)).to(self.scale.dtype)

    def _spread(self, by_group: Tensor) -> Tensor:
        return _spread(by_group, self.group, self.shape[self.axis], self.axis)


def _spread(by_group: Tensor, group: int, length: int, axis: int) -> Tensor:
    """Return the scale or zero of each number's group, float32."""
    return by_group.float().repeat_interleave(group, dim=axis).narrow(axis, 0, length)


def quantize_affine(vectors: Tensor, bits: int, group: int, axis: int) -> AffineVectors:
    """Return vectors rounded to ``2 ** bits`` evenly spaced levels between each group's minimum and maximum.

    Args:
        vectors: keys or values, (H, m, D).
        bits: 2, 4 or 8.
        group: how many neighbours along ``axis`` share a scale.
        axis: ``PER_CHANNEL`` or ``PER_TOKEN``.
    """
    length = vectors.shape[axis]
    # The last group is padded with its own last number, which changes neither its minimum nor its maximum.
    index = torch.arange(-(-length // group) * group, device=vectors.device).clamp(max=length - 1)
    grouped = vectors.float().index_select(axis, index).unflatten(axis, (-1, group))
    zero = grouped.amin(axis + 1).to(vectors.dtype)
    scale = ((grouped.amax(axis + 1) - zero.float()) / (2**bits - 1)).to(vectors.dtype)
    scale = torch.where(scale > 0, scale, torch.ones_like(scale))
    levels = (vectors.float() - _spread(zero, group, length, axis)) / _spread(scale, group, length, axis)
    codes = levels.round().clamp(0, 2**bits - 1).to(torch.uint8)
    shape = (vectors.shape[0], vectors.shape[1], vectors.shape[2])
    return AffineVectors(pack_bits(codes, bits), scale, zero, shape, bits, group, axis)


def pack_bits(codes: Tensor, bits: int) -> Tensor:
    """Return codes packed into bytes, the first code of a byte in its lowest bits.

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
    """Return the first ``count`` codes packed by ``pack_bits``, (count,) uint8."""
    shifts = torch.arange(0, 8, bits, dtype=torch.uint8, device=packed.device)
    codes: Tensor = (packed[:, None] >> shifts) & (2**bits - 1)
    return codes.flatten()[:count]
