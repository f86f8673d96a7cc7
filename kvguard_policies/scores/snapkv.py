"""SnapKV: keep what the newest queries attend to."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import ClassVar

import torch

from kvguard_policies.observations import WindowAttention
from kvguard_policies.policy import LayerRecord, Layout, Need, Policy, PolicyError, Scores
from kvguard_policies.scores.windowed import check_window, window_note, window_priority

__all__ = ["SnapKV"]


@dataclass(frozen=True)
class SnapKV(Policy):
    """Score a key by the mean attention of the last ``window`` queries, average-pooled over ``kernel_size`` keys.

    Scores are averaged over the query heads of a KV group; the window itself is protected. ``kernel`` is the former
    name of ``kernel_size`` and still accepted.
    Source: SnapKV, arXiv:2404.14469, §4. Differs: a window longer than the context shrinks to it.
    """

    name: ClassVar[str] = "snapkv"
    window: int = 16
    kernel_size: int = 5
    kernel: InitVar[int | None] = field(default=None, kw_only=True)

    def __post_init__(self, kernel: int | None) -> None:
        if kernel is not None:
            object.__setattr__(self, "kernel_size", kernel)
        check_window(self.window)
        if self.kernel_size < 1 or self.kernel_size % 2 == 0:
            raise PolicyError(
                f"kernel_size={self.kernel_size} is not an odd number of 1 or more; write e.g. kernel_size=5"
            )

    def needs(self, layout: Layout) -> frozenset[Need]:
        """See ``Policy.needs``."""
        return frozenset({Need(WindowAttention(self.window))})

    def score(self, layer: LayerRecord) -> Scores:
        """See ``Policy.score``."""
        attention = layer.result(WindowAttention(self.window))
        before = max(0, layer.entries - self.window)
        values = attention.new_zeros(layer.positions.shape)
        if before:
            size = self.kernel_size
            pooled = torch.nn.functional.avg_pool1d(attention[..., :before], size, 1, size // 2)
            values[:, :before] = pooled.mean(dim=1)
        return Scores(values, window_priority(layer, self.window))

    def notes(self, layout: Layout, budget: int) -> tuple[str, ...]:
        """See ``Policy.notes``."""
        return window_note(self.name, self.window, layout)
