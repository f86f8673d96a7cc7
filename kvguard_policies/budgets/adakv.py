"""AdaKV: the heads of a layer compete for its budget."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import ClassVar

import torch
from torch import Tensor

from kvguard_policies.policy import LayerRecord, Policy, PolicyError, Scores, Wrapper
from kvguard_policies.scores.snapkv import SnapKV
from kvguard_policies.selection import rank_entries

__all__ = ["AdaKV"]


@dataclass(frozen=True)
class AdaKV(Wrapper):
    """Give each head as many entries as it has among the layer's best, and at least ``safeguard`` of the mean budget.

    Source: AdaKV, arXiv:2407.11550, §3. Differs: entries are evicted, not masked, so heads hold different counts.
    """

    name: ClassVar[str] = "adakv"
    decodes: ClassVar[bool] = False
    base: Policy = field(default_factory=SnapKV)
    safeguard: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.safeguard <= 1:
            raise PolicyError(f"safeguard={self.safeguard} is outside 0..1; it is a share of the mean budget")

    def allocate(self, scores: Scores, layer: LayerRecord) -> Tensor:
        """See ``Policy.allocate``."""
        heads, entries = scores.values.shape
        if layer.budget >= entries:
            return torch.full((heads,), entries, dtype=torch.int64)
        safe = int(layer.budget * Fraction(str(self.safeguard)))
        safe = max(1, safe) if self.safeguard > 0 else 0
        ranks = torch.empty_like(layer.positions)
        ranks.scatter_(1, rank_entries(scores), torch.arange(entries, device=ranks.device).expand(heads, -1))
        # The safeguarded entries of a head rank above all entries that other heads protect.
        level = torch.where(ranks < safe, 100, scores.priority.long()).to(torch.int8)
        flat = Scores(scores.values.reshape(1, -1), level.reshape(1, -1))
        best = rank_entries(flat)[0, : heads * layer.budget]
        return torch.bincount(best // entries, minlength=heads).cpu()
