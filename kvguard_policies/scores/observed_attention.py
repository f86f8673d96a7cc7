"""Observed attention: keep keys that received the most attention per query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from kvguard_policies.observations import ColumnSums, VisibleQueries
from kvguard_policies.policy import LayerRecord, Layout, Need, Policy, Scores

__all__ = ["ObservedAttention"]


@dataclass(frozen=True)
class ObservedAttention(Policy):
    """Score a key by its mean attention over the queries that may see it, mean over its KV group; no recent window.

    Source: called H2O in The Pitfalls of KV Cache Compression, arXiv:2510.00231. Differs: none.
    """

    name: ClassVar[str] = "observed_attention"

    def needs(self, layout: Layout) -> frozenset[Need]:
        """See ``Policy.needs``."""
        return frozenset({Need(ColumnSums()), Need(VisibleQueries())})

    def score(self, layer: LayerRecord) -> Scores:
        """See ``Policy.score``."""
        mean = (layer.result(ColumnSums()) / layer.result(VisibleQueries())).mean(dim=1)
        return Scores(mean, torch.zeros_like(layer.positions, dtype=torch.int8))
