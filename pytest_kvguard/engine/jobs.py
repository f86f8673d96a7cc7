"""The values that go into the engine and come out of it: jobs and generations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from kvguard_policies.policy import Layout
from kvguard_policies.stores import QuantizationLoss
from pytest_kvguard.engine.sampling import Sampling
from pytest_kvguard.values.cell import Cell
from pytest_kvguard.values.traces import StageSeconds, TopLogits

__all__ = ["Generation", "Job", "KeptEntries"]


@dataclass(frozen=True)
class Job:
    """One conversation turn to generate.

    Attributes:
        token_ids: the whole prompt.
        region_tokens: the number of tokens that are prefilled and compressed; the rest, at least one, is fed after.
        layout: the region's instruction spans and forced tokens.
        cell: the policy, the fraction of the region's entries to remove, and the attention kernel.
        hold_budget: keep the budget while generating (scope *decode*).
        max_new_tokens: cap on the reply.
        sampling: how tokens are drawn; None decodes greedily.
        rounded: round the region's keys and values to bfloat16.
        alone: decode the reply in a batch of its own.
        top_logits: the number of highest logits to record per generated token.
        timed: measure the time of each stage; a timed job shares a batch only with jobs of its own cell.
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
    def longest(self) -> int:
        """The most tokens that the model reads: prompt and reply, without the last token of the reply."""
        return len(self.token_ids) + self.max_new_tokens - 1

    @property
    def compresses(self) -> bool:
        """Whether the job evicts or quantizes entries, or holds them in another cache."""
        return self.cell.compresses


@dataclass(frozen=True)
class KeptEntries:
    """The positions of the region that each compressible layer kept.

    Attributes:
        positions: by compressible layer and KV head, (n_h,) int64, ascending.
        tokens: the length of the region.
    """

    positions: tuple[tuple[Tensor, ...], ...]
    tokens: int

    def keep_rates(self, intervals: Sequence[tuple[int, int]]) -> tuple[float, ...]:
        """Return, for each layer, the share of a span's (token, KV head) pairs that was kept, 0..1."""
        span = sum(stop - start for start, stop in intervals)
        return tuple(_kept_in(heads, intervals) / (span * len(heads)) for heads in self.positions)


def _kept_in(heads: tuple[Tensor, ...], intervals: Sequence[tuple[int, int]]) -> int:
    return sum(int(((kept >= start) & (kept < stop)).sum()) for kept in heads for start, stop in intervals)


@dataclass(frozen=True)
class Generation:
    """One generated turn, and the effect of compression on its region.

    Attributes:
        token_ids: the generated ids, stop token included.
        stopped: ``stop`` or ``length``.
        kept: the kept positions; None for an uncompressed job.
        entries_before, entries_after: cache entries of the compressible layers, measured on the caches.
        bytes_before, bytes_after: bytes of keys and values of all layers, measured on the caches.
        notes: remarks for the reader of a report.
        logits: the highest logits of every generated token; None unless the job requested them.
        seconds: the time of each stage; None unless the job is timed.
        loss: the error of quantized entries; None where none are.
    """

    token_ids: tuple[int, ...]
    stopped: str
    kept: KeptEntries | None
    entries_before: int
    entries_after: int
    bytes_before: int
    bytes_after: int
    notes: tuple[str, ...] = ()
    logits: TopLogits | None = None
    seconds: StageSeconds | None = None
    loss: QuantizationLoss | None = None
