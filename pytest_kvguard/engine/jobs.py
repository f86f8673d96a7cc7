"""What the engine is asked for and what it answers, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from kvguard_policies.policy import Layout
from pytest_kvguard.engine.sampling import Sampling
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.traces import StageSeconds, TopLogits

__all__ = ["Generation", "Job", "KeptRows"]


@dataclass(frozen=True)
class Job:
    """One conversation turn to generate.

    Attributes:
        token_ids: the whole prompt.
        region_tokens: how many of them are prefilled and compressed; the rest is fed after. At least 1 is fed.
        layout: the region's groups and forced tokens.
        cell: the policy, the fraction of the region's entries to remove, and the attention kernel.
        hold_budget: keep the budget while generating (scope *decode*).
        max_new_tokens: cap on the reply.
        sampling: how tokens are drawn; None decodes greedily.
        rounded: the region's keys and values are rounded to bfloat16.
        alone: the reply is decoded in a batch of its own.
        top_logits: how many of the highest logits to note per generated token.
        timed: note what it takes; it then shares a batch only with its own policy and ratio.
    """

    token_ids: tuple[int, ...]
    region_tokens: int
    layout: Layout
    cell: Cell = Cell()
    hold_budget: bool = False
    max_new_tokens: int = 64
    sampling: Sampling | None = None
    rounded: bool = False
    alone: bool = False
    top_logits: int = 0
    timed: bool = False

    @property
    def region(self) -> tuple[int, ...]:
        """The tokens that are prefilled and compressed."""
        return self.token_ids[: self.region_tokens]

    @property
    def fed(self) -> tuple[int, ...]:
        """The tokens that are fed after compression."""
        return self.token_ids[self.region_tokens :]

    @property
    def compresses(self) -> bool:
        """Whether anything is to be removed, quantized or held in another cache."""
        return self.cell.compresses


@dataclass(frozen=True)
class KeptRows:
    """Which positions of the region each compressible layer kept.

    Attributes:
        positions: per compressible layer and KV head, (n_h,) int64 ascending.
        tokens: length of the region.
    """

    positions: tuple[tuple[Tensor, ...], ...]
    tokens: int

    def keep_rates(self, intervals: Sequence[tuple[int, int]]) -> tuple[float, ...]:
        """Return, per layer, the share of (token, KV head) pairs of a span that was kept, 0..1."""
        span = sum(stop - start for start, stop in intervals)
        return tuple(_kept_in(heads, intervals) / (span * len(heads)) for heads in self.positions)


def _kept_in(heads: tuple[Tensor, ...], intervals: Sequence[tuple[int, int]]) -> int:
    return sum(int(((rows >= start) & (rows < stop)).sum()) for rows in heads for start, stop in intervals)


@dataclass(frozen=True)
class Generation:
    """One generated turn with what compression did to its region.

    Attributes:
        token_ids: generated ids, stop token included.
        stopped: ``stop`` or ``length``.
        kept: None for an uncompressed job.
        entries_before, entries_after: KV entries of the compressible layers, measured on the caches.
        bytes_before, bytes_after: bytes of keys and values of all layers, measured on the caches.
        notes: what the reader must know.
        logits: the highest ones of every generated token; None where none were asked for.
        seconds: what it took; None where that was not asked for.
    """

    token_ids: tuple[int, ...]
    stopped: str
    kept: KeptRows | None
    entries_before: int
    entries_after: int
    bytes_before: int
    bytes_after: int
    notes: tuple[str, ...] = ()
    logits: TopLogits | None = None
    seconds: StageSeconds | None = None
