"""H2O: keep heavy hitters and a recent window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kvguard_policies.observations import ColumnSums
from kvguard_policies.policy import LayerRecord, Layout, Need, Policy, Scores
from kvguard_policies.scores.windowed import window_priority

__all__ = ["H2O"]


@dataclass(frozen=True)
class H2O(Policy):
    """Score a key by its accumulated attention, mean over its KV group; half the budget goes to the newest tokens.

    Source: H2O, arXiv:2306.14048, §4.1. Differs: scores are averaged over the query heads of a KV group, which the
    paper's models do not have.
    """

    name: ClassVar[str] = "h2o"

    def needs(self, layout: Layout) -> frozenset[Need]:
        """See ``Policy.needs``."""
        return frozenset({Need(ColumnSums())})

    def score(self, layer: LayerRecord) -> Scores:
        """See ``Policy.score``."""
        return Scores(layer.result(ColumnSums()).mean(dim=1), window_priority(layer, layer.budget // 2))
