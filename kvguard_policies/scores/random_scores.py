"""Random scores: the baseline that every policy must beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from kvguard_policies.policy import LayerRecord, Policy, Scores

__all__ = ["RandomScores"]


@dataclass(frozen=True)
class RandomScores(Policy):
    """Score an entry by a hash of seed, layer, head and position, uniform in 0..1.

    An entry has the same score in every run, on every device and while generating.
    """

    name: ClassVar[str] = "random"
    seed: int = 0

    def score(self, layer: LayerRecord) -> Scores:
        """See ``Policy.score``."""
        heads = torch.arange(layer.positions.shape[0], device=layer.positions.device)[:, None]
        salt = mix_bits(torch.full_like(heads, layer.layer + self.seed * 4099))
        salted = mix_bits(layer.positions + mix_bits(heads + salt))
        return Scores((salted % (1 << 24)).float() / (1 << 24), torch.zeros_like(layer.positions, dtype=torch.int8))


def mix_bits(numbers: Tensor) -> Tensor:
    """Return a hash of int64 numbers, 0..2^31-1, same shape (two rounds of multiply and xor-shift)."""
    mask = (1 << 31) - 1
    for factor in (0x2C1B3C6D, 0x297A2D39):
        numbers = (numbers + 0x5BD1E995) * factor & mask
        numbers = numbers ^ (numbers >> 15)
    return numbers
