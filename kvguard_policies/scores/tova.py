"""TOVA: keep what the last token attends to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kvguard_policies.observations import WindowAttention
from kvguard_policies.policy import LayerRecord, Layout, Need, Policy, Scores
from kvguard_policies.scores.windowed import window_priority

__all__ = ["TOVA"]

LAST_QUERY = WindowAttention(1)


@dataclass(frozen=True)
class TOVA(Policy):
    """Score a key by the attention of the last token, mean over all query heads; all KV heads keep the same tokens.

    Source: TOVA, arXiv:2401.06104, §3.2. Differs: the last token itself is protected.
    """

    name: ClassVar[str] = "tova"

    def needs(self, layout: Layout) -> frozenset[Need]:
        """See ``Policy.needs``."""
        return frozenset({Need(LAST_QUERY)})

    def score(self, layer: LayerRecord) -> Scores:
        """See ``Policy.score``."""
        mean = layer.result(LAST_QUERY).mean(dim=(0, 1))
        return Scores(mean.expand(layer.positions.shape).contiguous(), window_priority(layer, 1))
