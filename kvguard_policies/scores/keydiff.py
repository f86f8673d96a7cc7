"""KeyDiff: keep distinctive keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from kvguard_policies.policy import LayerRecord, Policy, Scores

__all__ = ["KeyDiff"]


@dataclass(frozen=True)
class KeyDiff(Policy):
    """Score a key by its negative cosine similarity to the mean direction of all keys of its head, -1..1.

    Source: KeyDiff, arXiv:2504.15364, §3. Differs: one pass over the whole context, not block by block.
    """

    name: ClassVar[str] = "keydiff"

    def score(self, layer: LayerRecord) -> Scores:
        """See ``Policy.score``."""
        keys = layer.keys.float()
        anchor = torch.nn.functional.normalize(keys, dim=-1).mean(dim=1, keepdim=True)
        similarity = torch.nn.functional.cosine_similarity(keys, anchor, dim=-1)
        return Scores(-similarity, torch.zeros_like(layer.positions, dtype=torch.int8))
