"""KIVI: keys quantized per channel, values per token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from kvguard_policies.policy import PolicyError
from kvguard_policies.quantizers.affine import PER_CHANNEL, PER_TOKEN, AffineVectors, quantize_affine
from kvguard_policies.quantizers.quantizer import Quantizer, check_at_least, check_bits
from kvguard_policies.stores import WindowedStore

__all__ = ["Kivi"]


@dataclass(frozen=True)
class Kivi(Quantizer):
    """Round keys in groups of tokens per channel, values in groups of channels per token; the newest stay exact.

    Values are packed one by one as they leave a window of ``residual`` tokens. Keys wait until the window is full and
    are packed together; with ``residual=0`` they wait until a group is full.
    Source: KIVI, arXiv:2402.02750, §3. Differs: ``residual`` is 32 by default, not 128 as in the paper, which whole
    contexts would fit into; scales and zeros have the model's dtype.
    """

    name: ClassVar[str] = "kivi"
    bits: int = 2
    group: int = 32
    residual: int = 32

    def __post_init__(self) -> None:
        super().__post_init__()
        check_bits(self.bits)
        check_at_least("group", self.group, 2)
        check_at_least("residual", self.residual, 0)
        if self.residual % self.group:
            raise PolicyError(
                f"residual={self.residual} is not a multiple of group={self.group}, so its keys cannot be packed in "
                f"whole groups; write e.g. residual={self.residual // self.group * self.group or self.group}"
            )

    def store(self, keys: Tensor, values: Tensor) -> WindowedStore:
        """See ``Quantizer.store``."""
        return WindowedStore(keys, values, self._pack_keys, self._pack_values, self._packed_keys, self._packed_values)

    def _pack_keys(self, keys: Tensor) -> AffineVectors:
        return quantize_affine(keys, self.bits, self.group, PER_CHANNEL)

    def _pack_values(self, values: Tensor) -> AffineVectors:
        return quantize_affine(values, self.bits, self.group, PER_TOKEN)

    def _packed_keys(self, tokens: int) -> int:
        return tokens - tokens % max(self.residual, self.group)

    def _packed_values(self, tokens: int) -> int:
        return max(0, tokens - self.residual)
