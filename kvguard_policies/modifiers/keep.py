"""keep: a whitelist of tokens around any policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from kvguard_policies.policy import LayerRecord, Layout, Need, PolicyError, Priority, Scores, Wrapper

__all__ = ["Keep"]


@dataclass(frozen=True)
class Keep(Wrapper):
    """Keep the layout's forced tokens in every layer and head; the total budget stays the same.

    Source: the whitelist of The Pitfalls of KV Cache Compression, arXiv:2510.00231, §6. Differs: any number of spans.
    """

    name: ClassVar[str] = "keep"

    def needs(self, layout: Layout) -> frozenset[Need]:
        """See ``Policy.needs``."""
        if not layout.forced:
            raise PolicyError(
                f"{self.spec} protects nothing: no span was marked. Mark instructions with `protect: true` in the "
                "contract (or pass Layout(forced=...))."
            )
        return self.base.needs(layout)

    def score(self, layer: LayerRecord) -> Scores:
        """See ``Policy.score``."""
        scores = self.base.score(layer)
        forced = layer.layout.is_forced(layer.positions)
        return Scores(scores.values, torch.where(forced, Priority.FORCED, scores.priority).to(torch.int8))
