"""GEAR: a quantized backbone, a low-rank approximation of its rounding error, and a few exact outliers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from kvguard_policies.policy import PolicyError
from kvguard_policies.quantizers.affine import PER_CHANNEL, PER_TOKEN, AffineVectors, quantize_affine
from kvguard_policies.quantizers.quantizer import Quantizer, check_at_least, check_bits
from kvguard_policies.stores import PackedVectors, WindowedStore

__all__ = ["Gear", "GearVectors", "LowRank", "Outliers", "approximate", "split_outliers"]


@dataclass(frozen=True)
class Gear(Quantizer):
    """Round as ``kivi`` does, keep the outliers of each line exact, and add a low-rank approximation of the error.

    Lines and quantization groups run along the tokens of a channel for keys, along the channels of a token for values.
    Keys and values wait in a window of ``residual`` tokens and are packed together when it is full; the context is
    packed at once. Every head and every packing has its own low-rank directions.
    Source: GEAR, arXiv:2403.05527, §3. Differs: the directions are exact, not one step of a power iteration; outliers
    are replaced by the nearest other number before rounding; context and reply have one rank; group and window are 32.
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
                f"residual={self.residual} is not a multiple of group={self.group}, so groups would be whole at some "
                f"lengths only; write e.g. residual={self.residual // self.group * self.group or self.group}"
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
            PolicyError: the rank is not below the head size.
        """
        size = keys.shape[-1]
        if self.rank >= size:
            raise PolicyError(
                f"rank={self.rank} is not below the head size of {size}, so nothing would be lost or saved; write "
                f"e.g. rank={min(4, size - 1)}"
            )
        return WindowedStore(keys, values, self._pack_keys, self._pack_values, self._packed, self._packed)

    def _pack_keys(self, keys: Tensor) -> GearVectors:
        return self._pack(keys, PER_CHANNEL)

    def _pack_values(self, values: Tensor) -> GearVectors:
        return self._pack(values, PER_TOKEN)

    def _pack(self, vectors: Tensor, axis: int) -> GearVectors:
        outliers, rest = split_outliers(vectors, self.outliers, axis)
        backbone = quantize_affine(rest, self.bits, self.group, axis)
        error = vectors.float() - outliers.put_back(backbone.unpack().float())
        return GearVectors(backbone, approximate(error, self.rank, vectors.dtype), outliers)

    def _packed(self, tokens: int) -> int:
        return tokens - tokens % self._window


@dataclass(frozen=True)
class GearVectors(PackedVectors):
    """Vectors as ``backbone + residual``, with the outliers in their places."""

    backbone: AffineVectors
    residual: LowRank
    outliers: Outliers

    @property
    def nbytes(self) -> int:
        """See ``PackedVectors``."""
        return self.backbone.nbytes + self.residual.nbytes + self.outliers.nbytes

    def unpack(self) -> Tensor:
        """See ``PackedVectors``."""
        backbone = self.backbone.unpack()
        return self.outliers.put_back((backbone.float() + self.residual.vectors()).to(backbone.dtype))


@dataclass(frozen=True)
class Outliers:
    """Exact numbers and their places.

    Attributes:
        values: (H, k, D) where lines run along tokens, (H, m, k) along channels; the vectors' dtype.
        index: the same shape, int16 or int32, the place of each number in its line.
        axis: 1 for lines along the tokens of a channel, 2 for lines along the channels of a token.
    """

    values: Tensor
    index: Tensor
    axis: int

    @property
    def nbytes(self) -> int:
        """Bytes of the numbers and their places."""
        return self.values.nbytes + self.index.nbytes

    def put_back(self, vectors: Tensor) -> Tensor:
        """Return vectors (H, m, D) with the exact numbers in their places."""
        return vectors.scatter(self.axis, self.index.long(), self.values.to(vectors.dtype))


def split_outliers(vectors: Tensor, share: float, axis: int) -> tuple[Outliers, Tensor]:
    """Return the largest and smallest numbers of every line, and the vectors without them.

    Args:
        vectors: (H, m, D).
        share: fraction of a line's numbers, 0..1, half of it at each end, rounded; at least one number always remains.
        axis: 1 or 2, see ``Outliers``.

    Returns:
        The outliers, and the vectors with each outlier replaced by the nearest number that is not one.
    """
    length = vectors.shape[axis]
    each = min(round(share * length / 2), (length - 1) // 2)
    order = vectors.sort(dim=axis).indices
    ends = torch.cat([order.narrow(axis, 0, each), order.narrow(axis, length - each, each)], dim=axis)
    places = ends.to(torch.int16 if length <= torch.iinfo(torch.int16).max else torch.int32)
    outliers = Outliers(vectors.gather(axis, ends), places, axis)
    lowest = vectors.gather(axis, order.narrow(axis, each, 1))
    highest = vectors.gather(axis, order.narrow(axis, length - each - 1, 1))
    return outliers, vectors.clamp(lowest, highest)


@dataclass(frozen=True)
class LowRank:
    """A low-rank approximation, one per head.

    Attributes:
        weights: (H, m, r).
        directions: (H, D, r).
    """

    weights: Tensor
    directions: Tensor

    @property
    def nbytes(self) -> int:
        """Bytes of weights and directions."""
        return self.weights.nbytes + self.directions.nbytes

    def vectors(self) -> Tensor:
        """Return the approximated vectors, (H, m, D) float32."""
        return self.weights.float() @ self.directions.float().transpose(1, 2)


def approximate(vectors: Tensor, rank: int, dtype: torch.dtype) -> LowRank:
    """Return the closest approximation of a rank in the least-squares sense, one per head.

    Args:
        vectors: (H, m, D) float32.
        rank: r >= 0.
        dtype: dtype of the result.
    """
    # The directions are the leading eigenvectors of a D x D matrix, for any number of vectors.
    gram = vectors.double().transpose(1, 2) @ vectors.double()
    directions = torch.linalg.eigh(gram).eigenvectors[..., gram.shape[-1] - rank :]
    return LowRank((vectors.double() @ directions).to(dtype), directions.to(dtype))
