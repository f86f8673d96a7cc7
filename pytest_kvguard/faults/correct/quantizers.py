"""Correct quantizers with one scale per head, per channel, per token and per layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from kvguard_policies.quantizers.quantizer import Quantizer
from kvguard_policies.stores import PackedVectors, WindowedStore

__all__ = ["LayerScale", "PerChannel", "PerToken", "SymmetricInt8"]

WHOLE_LAYER, HEAD, CHANNEL, TOKEN = (0, 1, 2), (1, 2), (1,), (2,)
"""Axes of vectors (H, m, D) that share a scale."""


@dataclass(frozen=True)
class SymmetricVectors(PackedVectors):
    """Vectors as whole multiples of a scale, from -127 to 127.

    Attributes:
        codes: (H, m, D) int8.
        scale: broadcasts to the codes; in the vectors' dtype.
    """

    codes: Tensor
    scale: Tensor

    @property
    def nbytes(self) -> int:
        """See ``PackedVectors``."""
        return self.codes.nbytes + self.scale.nbytes

    def unpack(self) -> Tensor:
        """See ``PackedVectors``."""
        return (self.codes.float() * self.scale.float()).to(self.scale.dtype)

    @classmethod
    def of(cls, vectors: Tensor, axes: tuple[int, ...]) -> SymmetricVectors:
        """Return vectors (H, m, D) with one scale per group of numbers that share it."""
        largest = vectors.float().abs().amax(axes, keepdim=True).clamp(min=1e-12)
        scale = (largest / 127).to(vectors.dtype)
        codes = (vectors.float() / scale.float()).round().clamp(-127, 127)
        return cls(codes.to(torch.int8), scale)


@dataclass(frozen=True)
class BetweenVectors(PackedVectors):
    """Vectors on 16 levels between a smallest and a largest number, one code per byte.

    Attributes:
        codes: (H, m, D) uint8.
        low, step: broadcast to the codes; in the vectors' dtype.
    """

    codes: Tensor
    low: Tensor
    step: Tensor

    @property
    def nbytes(self) -> int:
        """See ``PackedVectors``."""
        return self.codes.nbytes + self.low.nbytes + self.step.nbytes

    def unpack(self) -> Tensor:
        """See ``PackedVectors``."""
        return (self.codes.float() * self.step.float() + self.low.float()).to(self.low.dtype)

    @classmethod
    def of(cls, vectors: Tensor, axes: tuple[int, ...]) -> BetweenVectors:
        """Return vectors (H, m, D) with one pair of bounds per group of numbers that share it."""
        low = vectors.float().amin(axes, keepdim=True)
        step = ((vectors.float().amax(axes, keepdim=True) - low) / 15).clamp(min=1e-12)
        codes = ((vectors.float() - low) / step).round().clamp(0, 15)
        return cls(codes.to(torch.uint8), low.to(vectors.dtype), step.to(vectors.dtype))


def _all(tokens: int) -> int:
    return tokens


@dataclass(frozen=True)
class SymmetricInt8(Quantizer):
    """Stores 8 bits with one scale per head and packing; every token is packed before the next one is read."""

    name: ClassVar[str] = "symmetric_int8"
    bits: int = 8

    def store(self, keys: Tensor, values: Tensor) -> WindowedStore:
        """See ``Quantizer.store``."""
        return WindowedStore(keys, values, self._pack, self._pack, _all, _all)

    def _pack(self, vectors: Tensor) -> SymmetricVectors:
        return SymmetricVectors.of(vectors, HEAD)


@dataclass(frozen=True)
class PerChannel(Quantizer):
    """Stores 4 bits with bounds per channel and packing, without a window; a packing of one or two tokens is exact."""

    name: ClassVar[str] = "per_channel"
    bits: int = 4

    def store(self, keys: Tensor, values: Tensor) -> WindowedStore:
        """See ``Quantizer.store``."""
        return WindowedStore(keys, values, self._pack, self._pack, _all, _all)

    def _pack(self, vectors: Tensor) -> BetweenVectors:
        return BetweenVectors.of(vectors, CHANNEL)


@dataclass(frozen=True)
class PerToken(Quantizer):
    """Stores 4 bits with bounds per token; the 16 newest stay exact."""

    name: ClassVar[str] = "per_token"
    bits: int = 4
    window: int = 16

    def store(self, keys: Tensor, values: Tensor) -> WindowedStore:
        """See ``Quantizer.store``."""
        return WindowedStore(keys, values, self._pack, self._pack, self._packed, self._packed)

    def _pack(self, vectors: Tensor) -> BetweenVectors:
        return BetweenVectors.of(vectors, TOKEN)

    def _packed(self, tokens: int) -> int:
        return max(0, tokens - self.window)


@dataclass(frozen=True)
class LayerScale(Quantizer):
    """Stores 8 bits with one scale for all heads of a layer."""

    name: ClassVar[str] = "layer_scale"
    heads_share: ClassVar[bool] = True
    bits: int = 8

    def store(self, keys: Tensor, values: Tensor) -> WindowedStore:
        """See ``Quantizer.store``."""
        return WindowedStore(keys, values, self._pack, self._pack, _all, _all)

    def _pack(self, vectors: Tensor) -> SymmetricVectors:
        return SymmetricVectors.of(vectors, WHOLE_LAYER)
