"""fair: every group of tokens loses the same share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from kvguard_policies.policy import LayerRecord, Layout, Need, PolicyError, Priority, Scores, Wrapper
from kvguard_policies.selection import apportion, select_rows

__all__ = ["Fair"]


@dataclass(frozen=True)
class Fair(Wrapper):
    """Split the budget between the instructions and the frame in proportion to their lengths.

    Forced entries and sinks go first. Within a group, entries compete by scores that the group's tokens gave each
    other: its own window, its own anchor, no attention from outside. ``mix`` blends the shares with those the base
    policy would have given (0: the base's shares, 1: fair). One group is the base policy.
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
        wanted = self.base.needs(layout)
        present = layout.group_ids(torch.arange(layout.tokens)).unique().tolist()
        local = {Need(need.observation, group) for need in wanted for group in present}
        return frozenset(local | wanted) if self.mix < 1 else frozenset(local)

    def score(self, layer: LayerRecord) -> Scores:
        """Return scores that compare within a group only."""
        groups = layer.layout.group_ids(layer.positions[0])
        values = torch.zeros(layer.positions.shape, dtype=torch.float32, device=layer.positions.device)
        priority = torch.zeros(layer.positions.shape, dtype=torch.int8, device=layer.positions.device)
        for group in groups.unique().tolist():
            members = (groups == group).nonzero()[:, 0]
            local = self.base.score(_restrict(layer, group, members))
            values[:, members], priority[:, members] = local.values, local.priority
        return Scores(values, priority)

    def select(self, scores: Scores, budgets: Tensor, layer: LayerRecord) -> tuple[Tensor, ...]:
        """See ``Policy.select``."""
        groups = layer.layout.group_ids(layer.positions[0])
        base_rows = self._base_rows(budgets, layer)
        return tuple(
            self._select_head(Scores(scores.values[h], scores.priority[h]), budget, groups, base_rows[h])
            for h, budget in enumerate(budgets.tolist())
        )

    def _base_rows(self, budgets: Tensor, layer: LayerRecord) -> tuple[Tensor | None, ...]:
        if self.mix == 1:
            return (None,) * len(budgets)
        return self.base.select(self.base.score(layer), budgets, layer)

    def _select_head(self, scores: Scores, budget: int, groups: Tensor, base_rows: Tensor | None) -> Tensor:
        """Return one head's ascending rows; ``scores`` are (S,), ``groups`` (S,)."""
        first = scores.priority >= Priority.SINK
        if int(first.sum()) >= budget:
            return select_rows(Scores(scores.values[None], scores.priority[None]), torch.tensor([budget]))[0]
        sizes = torch.bincount(groups)
        taken = torch.bincount(groups[first], minlength=len(sizes))
        fair = apportion(budget - int(first.sum()), sizes.tolist(), (sizes - taken).tolist())
        quotas = [share + int(n) for share, n in zip(fair, taken.tolist(), strict=True)]
        if base_rows is not None:
            base = torch.bincount(groups[base_rows], minlength=len(sizes))
            quotas = self._blend(quotas, base.tolist(), taken.tolist())
        chosen = []
        for group, quota in enumerate(quotas):
            if quota == 0:
                continue
            members = (groups == group).nonzero()[:, 0]
            local = Scores(scores.values[None, members], scores.priority[None, members])
            chosen.append(members[select_rows(local, torch.tensor([quota]))[0]])
        return torch.cat(chosen).sort().values

    def _blend(self, fair: list[int], base: list[int], taken: list[int]) -> list[int]:
        """Return quotas between the two, summing to the same and never below what is forced."""
        floors = list(zip(fair, base, taken, strict=True))
        weights = [round((self.mix * f + (1 - self.mix) * max(b, t) - t) * 1_000_000) for f, b, t in floors]
        extra = apportion(sum(fair) - sum(taken), weights, [max(f, b, t) - t for f, b, t in floors])
        return [t + share for t, share in zip(taken, extra, strict=True)]


def _restrict(layer: LayerRecord, group: int, members: Tensor) -> LayerRecord:
    """Return the record as if the group's tokens were the whole context."""
    quota = max(1, round(layer.budget * len(members) / layer.rows))
    return replace(
        layer,
        keys=layer.keys[:, members],
        values=layer.values[:, members],
        positions=layer.positions[:, members],
        budget=min(quota, len(members)),
        group=group,
    )
