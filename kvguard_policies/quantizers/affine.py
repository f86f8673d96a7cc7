"""Groups of numbers as small integers, each group with a scale and a zero of its own."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from kvguard_policies.quantizers.bit_packing import pack_bits, unpack_bits
from kvguard_policies.stores import PackedRows

__all__ = ["PER_CHANNEL", "PER_TOKEN", "AffineRows", "quantize_affine"]

PER_CHANNEL = 1
"""Groups of neighbouring tokens in one channel."""

PER_TOKEN = 2
"""Groups of neighbouring channels of one token."""


@dataclass(frozen=True)
class AffineRows(PackedRows):
    """Rows as ``code * scale + zero``.

    Attributes:
        codes: (ceil(H * m * D * bits / 8),) uint8, packed.
        scale, zero: (H, groups, D) per channel, (H, m, groups) per token; in the rows' dtype.
        shape: (H, m, D).
        bits: of a code.
        group: numbers per group; the last group of a line may hold fewer.
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
        """See ``PackedRows``."""
        return self.codes.nbytes + self.scale.nbytes + self.zero.nbytes

    def unpack(self) -> Tensor:
        """See ``PackedRows``."""
        heads, rows, size = self.shape
        codes = unpack_bits(self.codes, self.bits, heads * rows * size).view(self.shape)
        return (codes * self._spread(self.scale) + self._spread(self.zero)).to(self.scale.dtype)

    def _spread(self, by_group: Tensor) -> Tensor:
        return _spread(by_group, self.group, self.shape[self.axis], self.axis)


def _spread(by_group: Tensor, group: int, length: int, axis: int) -> Tensor:
    """Return what each number's group has, float32."""
    return by_group.float().repeat_interleave(group, dim=axis).narrow(axis, 0, length)


def quantize_affine(rows: Tensor, bits: int, group: int, axis: int) -> AffineRows:
    """Round each group to ``2 ** bits`` evenly spaced levels between its smallest and its largest number.

    Args:
        rows: (H, m, D).
        bits: 2, 4 or 8.
        group: how many neighbours along ``axis`` share a scale.
        axis: ``PER_CHANNEL`` or ``PER_TOKEN``.
    """
    length = rows.shape[axis]
    # The last group is filled up with its own last number, which moves neither its smallest nor its largest one.
    index = torch.arange(-(-length // group) * group, device=rows.device).clamp(max=length - 1)
    grouped = rows.float().index_select(axis, index).unflatten(axis, (-1, group))
    zero = grouped.amin(axis + 1).to(rows.dtype)
    scale = ((grouped.amax(axis + 1) - zero.float()) / (2**bits - 1)).to(rows.dtype)
    scale = torch.where(scale > 0, scale, torch.ones_like(scale))
    levels = (rows.float() - _spread(zero, group, length, axis)) / _spread(scale, group, length, axis)
    codes = levels.round().clamp(0, 2**bits - 1).to(torch.uint8)
    shape = (rows.shape[0], rows.shape[1], rows.shape[2])
    return AffineRows(pack_bits(codes, bits), scale, zero, shape, bits, group, axis)
