"""fair: every instruction span loses the same share of its entries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from kvguard_policies.policy import LayerRecord, Layout, Need, PolicyError, Priority, Scores, Wrapper
from kvguard_policies.selection import apportion, select_entries

__all__ = ["Fair"]


@dataclass(frozen=True)
class Fair(Wrapper):
    """Split the budget between the instruction spans and the frame in proportion to their lengths.

    Forced entries and sinks are kept first. The base policy scores each span as if it were the whole context: with its
    own window, its own anchor, and without attention from outside. ``mix`` blends the shares with those of the base
    policy (0: the base's shares, 1: fair). With a single span, this is the base policy.
    Source: The Pitfalls of KV Cache Compression, arXiv:2510.00231, §6. Differs: any number of spans; sinks are charged
    to the whole budget; budgets are exact integers.
    """

    name: ClassVar[str] = "fair"
    decodes: ClassVar[bool] = False
    mix: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.mix <= 1:
            raise PolicyError(f"mix={self.mix} is outside 0..1; 0 is the base policy's shares, 1 is fair")

    def needs(self, layout: Layout) -> frozenset[Need]:
        """See ``Policy.needs``."""
        base_needs = self.base.needs(layout)
        spans = layout.group_ids(torch.arange(layout.tokens)).unique().tolist()
        span_needs = {Need(need.observation, span) for need in base_needs for span in spans}
        return frozenset(span_needs | base_needs) if self.mix < 1 else frozenset(span_needs)

    def score(self, layer: LayerRecord) -> Scores:
        """Return scores that are comparable only within an instruction span."""
        span_ids = layer.layout.group_ids(layer.positions[0])
        values = torch.zeros(layer.positions.shape, dtype=torch.float32, device=layer.positions.device)
        priority = torch.zeros(layer.positions.shape, dtype=torch.int8, device=layer.positions.device)
        for span in span_ids.unique().tolist():
            members = (span_ids == span).nonzero()[:, 0]
            local = self.base.score(_restrict(layer, span, members))
            values[:, members], priority[:, members] = local.values, local.priority
        return Scores(values, priority)

    def select(self, scores: Scores, budgets: Tensor, layer: LayerRecord) -> tuple[Tensor, ...]:
        """See ``Policy.select``."""
        span_ids = layer.layout.group_ids(layer.positions[0])
        base_kept = self._base_selection(budgets, layer)
        return tuple(
            self._select_head(Scores(scores.values[h], scores.priority[h]), budget, span_ids, base_kept[h])
            for h, budget in enumerate(budgets.tolist())
        )

    def _base_selection(self, budgets: Tensor, layer: LayerRecord) -> tuple[Tensor | None, ...]:
        if self.mix == 1:
            return (None,) * len(budgets)
        return self.base.select(self.base.scores_of(layer), budgets, layer)

    def _select_head(self, scores: Scores, budget: int, span_ids: Tensor, base_kept: Tensor | None) -> Tensor:
        """Return the ascending indices that one head keeps; ``scores`` and ``span_ids`` are (S,)."""
        protected = scores.priority >= Priority.SINK
        if int(protected.sum()) >= budget:
            return select_entries(Scores(scores.values[None], scores.priority[None]), torch.tensor([budget]))[0]
        sizes = torch.bincount(span_ids)
        minimum = torch.bincount(span_ids[protected], minlength=len(sizes))
        fair = apportion(budget - int(protected.sum()), sizes.tolist(), (sizes - minimum).tolist())
        quotas = [share + int(n) for share, n in zip(fair, minimum.tolist(), strict=True)]
        if base_kept is not None:
            base = torch.bincount(span_ids[base_kept], minlength=len(sizes))
            quotas = self._blend(quotas, base.tolist(), minimum.tolist())
        chosen = []
        for span, quota in enumerate(quotas):
            if quota == 0:
                continue
            members = (span_ids == span).nonzero()[:, 0]
            local = Scores(scores.values[None, members], scores.priority[None, members])
            chosen.append(members[select_entries(local, torch.tensor([quota]))[0]])
        return torch.cat(chosen).sort().values

    def _blend(self, fair: list[int], base: list[int], minimum: list[int]) -> list[int]:
        """Return quotas between ``fair`` and ``base``, with the same sum and none below its ``minimum``."""
        quotas = list(zip(fair, base, minimum, strict=True))
        weights = [round((self.mix * f + (1 - self.mix) * max(b, m) - m) * 1_000_000) for f, b, m in quotas]
        extra = apportion(sum(fair) - sum(minimum), weights, [max(f, b, m) - m for f, b, m in quotas])
        return [m + share for m, share in zip(minimum, extra, strict=True)]


def _restrict(layer: LayerRecord, span: int, members: Tensor) -> LayerRecord:
    """Return the record as if the tokens of an instruction span were the whole context."""
    quota = max(1, round(layer.budget * len(members) / layer.entries))
    return replace(
        layer,
        keys=layer.keys[:, members],
        values=layer.values[:, members],
        positions=layer.positions[:, members],
        budget=min(quota, len(members)),
        group=span,
    )
