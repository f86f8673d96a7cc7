"""K-norm: keep keys of small norm, which attract attention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from kvguard_policies.policy import LayerRecord, Policy, Scores

__all__ = ["KNorm"]


@dataclass(frozen=True)
class KNorm(Policy):
    """Score a key by its negative L2 norm.

    Source: A Simple and Effective L2 Norm-Based Strategy for KV Cache Compression, arXiv:2406.11430, §3.
    Differs: every layer is compressed.
    """

    name: ClassVar[str] = "knorm"

    def score(self, layer: LayerRecord) -> Scores:
        """See ``Policy.score``."""
        norms = torch.linalg.vector_norm(layer.keys, dim=-1, dtype=torch.float32)
        return Scores(-norms, torch.zeros_like(layer.positions, dtype=torch.int8))
