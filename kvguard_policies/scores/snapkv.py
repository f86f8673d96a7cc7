"""SnapKV: what the newest queries look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from kvguard_policies.attention import WindowAttention
from kvguard_policies.policy import LayerRecord, Layout, Need, Policy, PolicyError, Scores
from kvguard_policies.scores.windowed import check_window, newest_rows, window_note

__all__ = ["SnapKV"]


@dataclass(frozen=True)
class SnapKV(Policy):
    """Score a key by the mean attention of the last ``window`` queries, smoothed over ``kernel`` neighbours.

    Scores are averaged over the query heads of a group; the window itself is protected.
    Source: SnapKV, arXiv:2404.14469, §4. Differs: a window longer than the context shrinks to it.
    """

    name: ClassVar[str] = "snapkv"
    window: int = 16
    kernel: int = 5

    def __post_init__(self) -> None:
        check_window(self.window)
        if self.kernel < 1 or self.kernel % 2 == 0:
            raise PolicyError(f"kernel={self.kernel} is not an odd number of 1 or more; write e.g. kernel=5")

    def needs(self, layout: Layout) -> frozenset[Need]:
        """See ``Policy.needs``."""
        return frozenset({Need(WindowAttention(self.window))})

    def score(self, layer: LayerRecord) -> Scores:
        """See ``Policy.score``."""
        attention = layer.result(WindowAttention(self.window))
        before = max(0, layer.rows - self.window)
        values = attention.new_zeros(layer.positions.shape)
        if before:
            smooth = torch.nn.functional.avg_pool1d(attention[..., :before], self.kernel, 1, self.kernel // 2)
            values[:, :before] = smooth.mean(dim=1)
        return Scores(values, newest_rows(layer, self.window))

    def notes(self, layout: Layout, budget: int) -> tuple[str, ...]:
        """See ``Policy.notes``."""
        return window_note(self.name, self.window, layout)
