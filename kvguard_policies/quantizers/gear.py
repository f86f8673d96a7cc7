"""GEAR: a quantized backbone, a low-rank residual and a few exact outliers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from kvguard_policies.policy import PolicyError
from kvguard_policies.quantizers.affine import PER_CHANNEL, PER_TOKEN, AffineRows, quantize_affine
from kvguard_policies.quantizers.low_rank import LowRank, approximate
from kvguard_policies.quantizers.outliers import Outliers, split_outliers
from kvguard_policies.quantizers.quantizer import Quantizer, check_at_least, check_bits
from kvguard_policies.stores import PackedRows, WindowedStore

__all__ = ["Gear", "GearRows"]


@dataclass(frozen=True)
class GearRows(PackedRows):
    """Rows as ``backbone + residual``, with the outliers in their places."""

    backbone: AffineRows
    residual: LowRank
    outliers: Outliers

    @property
    def nbytes(self) -> int:
        """See ``PackedRows``."""
        return self.backbone.nbytes + self.residual.nbytes + self.outliers.nbytes

    def unpack(self) -> Tensor:
        """See ``PackedRows``."""
        backbone = self.backbone.unpack()
        return self.outliers.put_back((backbone.float() + self.residual.rows()).to(backbone.dtype))


@dataclass(frozen=True)
class Gear(Quantizer):
    """Round as ``kivi`` does, beside the outliers of each line, and add what the rounding lost along a few directions.

    Lines and groups run along the tokens of a channel for keys, along the channels of a token for values. Keys and
    values wait in a window of ``residual`` tokens and are packed together when it is full; the context is packed at
    once. Every head and every packing has directions of its own.
    Source: GEAR, arXiv:2403.05527, §3. Differs: the directions are exact, not one step of a power iteration; outliers
    are moved to the nearest other number before rounding; one rank for context and reply; group and window are 32.
    """

    name: ClassVar[str] = "gear"
    bits: int = 2
    group: int = 32
    residual: int = 32
    rank: int = 4
    outliers: float = 0.02

    def __post_init__(self) -> None:
        super().__post_init__()
        check_bits(self.bits)
        check_at_least("group", self.group, 2)
        check_at_least("residual", self.residual, 0)
        check_at_least("rank", self.rank, 0)
        if self.residual % self.group:
            raise PolicyError(
                f"residual={self.residual} is not a multiple of group={self.group}, so groups would come out even at "
                f"some lengths only; write e.g. residual={self.residual // self.group * self.group or self.group}"
            )
        if self.rank >= self._window:
            raise PolicyError(
                f"rank={self.rank} is not below the {self._window} tokens that are packed together, so nothing would "
                f"be lost or saved; write e.g. rank={min(4, self._window - 1)}"
            )
        if not 0 <= self.outliers <= 0.5:
            raise PolicyError(f"outliers={self.outliers} is outside 0..0.5; it is the share of numbers kept exact")

    @property
    def _window(self) -> int:
        return max(self.residual, self.group)

    def store(self, keys: Tensor, values: Tensor) -> WindowedStore:
        """See ``Quantizer.store``.

        Raises:
            PolicyError: the rank is that of the rows.
        """
        size = keys.shape[-1]
        if self.rank >= size:
            raise PolicyError(
                f"rank={self.rank} is not below the head size of {size}, so nothing would be lost or saved; write "
                f"e.g. rank={min(4, size - 1)}"
            )
        return WindowedStore(keys, values, self._pack_keys, self._pack_values, self._packed, self._packed)

    def _pack_keys(self, rows: Tensor) -> GearRows:
        return self._pack(rows, PER_CHANNEL)

    def _pack_values(self, rows: Tensor) -> GearRows:
        return self._pack(rows, PER_TOKEN)

    def _pack(self, rows: Tensor, axis: int) -> GearRows:
        outliers, rest = split_outliers(rows, self.outliers, axis)
        backbone = quantize_affine(rest, self.bits, self.group, axis)
        lost = rows.float() - outliers.put_back(backbone.unpack().float())
        return GearRows(backbone, approximate(lost, self.rank, rows.dtype), outliers)

    def _packed(self, rows: int) -> int:
        return rows - rows % self._window
