"""Observations of the queries of a prefill, computed in blocks of queries, so that no tensor has T x T elements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from kvguard_policies.records import AttentionCall, Observation, PolicyError

__all__ = ["ColumnSums", "FutureQuery", "LogitBounds", "VisibleQueries", "WindowAttention", "causal_attention"]

QUERY_BLOCK = 128
SMALLEST_BLOCK = 16
BLOCK_ELEMENTS = 1 << 22
"""Attention weights per block, unless ``SMALLEST_BLOCK`` queries need more: 16 MB, which fit into a CPU's cache."""


def causal_attention(call: AttentionCall, first: int, last: int, scratch: Tensor | None = None) -> Tensor:
    """Return the causal attention weights of queries ``first`` to ``last`` (half-open) of a call.

    Args:
        call: the attention call.
        first: index of the first query.
        last: index after the last query.
        scratch: one-dimensional float32 memory to write the result into; None allocates it.

    Returns:
        (H, G, last - first, E) float32, summing over E, the number of keys up to the last of these queries, to 1, or to
        less where a sink takes the rest.
    """
    heads, group, queries, size = call.queries.shape
    end = call.keys.shape[1] - (queries - last)
    block = last - first
    keys = call.keys[:, :end].transpose(-1, -2)
    scaled = call.queries[:, :, first:last].reshape(heads, group * block, size) * call.scaling
    scratch = call.keys.new_empty(heads * group * block * end) if scratch is None else scratch
    logits = scratch[: heads * group * block * end].view(heads, group * block, end)
    weights = cap_logits(torch.bmm(scaled, keys, out=logits), call.softcap).view(heads, group, block, end)
    if call.bias is not None:
        weights += call.bias[:, :, None, :end]
    future = torch.ones(block, block, dtype=torch.bool, device=weights.device).triu_(1)
    weights[..., end - block :].masked_fill_(future, -torch.inf)
    if call.sinks is None:
        return torch.softmax(weights, -1, out=weights)
    share = share_beside_sink(weights, call.sinks[:, :, None])
    return torch.softmax(weights, -1, out=weights).mul_(share)


def cap_logits(logits: Tensor, softcap: float | None) -> Tensor:
    """Return logits, of any shape, with a softcap applied in place; None applies none."""
    return logits if softcap is None else logits.div_(softcap).tanh_().mul_(softcap)


def share_beside_sink(logits: Tensor, sinks: Tensor) -> Tensor:
    """Return the share (..., 1) of a softmax over logits (..., S) that a sink (...) in its denominator leaves them."""
    return torch.sigmoid(logits.logsumexp(-1, keepdim=True) - sinks[..., None])


@dataclass(frozen=True)
class WindowAttention(Observation):
    """Mean attention of the newest ``window`` queries to every key, (H, G, S), 0..1.

    Source: SnapKV, arXiv:2404.14469, §4.1. Differs: none; a window longer than the context shrinks to it.
    """

    window: int

    @property
    def query_window(self) -> int:
        """The window, in queries."""
        return self.window

    def measure(self, call: AttentionCall) -> Tensor:
        """See ``Observation.measure``."""
        queries = call.queries.shape[2]
        return causal_attention(call, max(0, queries - self.window), queries).mean(dim=2)


@dataclass(frozen=True)
class ColumnSums(Observation):
    """Attention that a key receives, summed over all queries that may see it, (H, G, S), >= 0.

    Source: H2O, arXiv:2306.14048, §4.1. Differs: none.
    """

    def measure(self, call: AttentionCall) -> Tensor:
        """See ``Observation.measure``."""
        heads, group, queries, _ = call.queries.shape
        entries = call.keys.shape[1]
        block = min(QUERY_BLOCK, max(SMALLEST_BLOCK, BLOCK_ELEMENTS // (heads * group * entries)), queries)
        # All blocks use the same memory, because touching new pages costs more than the arithmetic on them.
        scratch = call.keys.new_empty(heads * group * block * entries)
        sums = call.keys.new_zeros(heads, group, entries)
        for first in range(0, queries, block):
            weights = causal_attention(call, first, min(first + block, queries), scratch)
            sums[..., : weights.shape[-1]] += weights.sum(dim=2)
        return sums

    def advance(self, state: Tensor, call: AttentionCall) -> Tensor:
        """Return the sums with the newest query's attention added."""
        queries = call.queries.shape[2]
        newest = causal_attention(call, queries - 1, queries)[:, :, 0]
        newest[..., :-1] += state
        return newest


@dataclass(frozen=True)
class VisibleQueries(Observation):
    """The number of queries that may see a key, (H, G, S), float32 >= 1."""

    def measure(self, call: AttentionCall) -> Tensor:
        """See ``Observation.measure``."""
        heads, group, queries, _ = call.queries.shape
        counts = torch.arange(queries, 0, -1, dtype=torch.float32, device=call.keys.device)
        return counts.expand(heads, group, queries).clone()

    def advance(self, state: Tensor, call: AttentionCall) -> Tensor:
        """Return the counts with the newest query added for every key."""
        return torch.nn.functional.pad(state, (0, 1)) + 1


@dataclass(frozen=True)
class FutureQuery(Observation):
    """Mean and covariance of the queries expected at the next positions, times the model's scaling, (H, G, D, 1 + D).

    Column 0 of the last axis is the mean, the others are the covariance. The rotation of each query is undone; the
    moments of the unrotated queries are then rotated by the mean rotation of the next ``future`` positions. Queries
    at the first ``skip`` positions do not count.

    Source: Expected Attention, arXiv:2510.00636, §3. Differs: moments are those of the prefill, also while decoding.
    """

    future: int
    skip: int
    per_key: ClassVar[bool] = False
    reads_rotation: ClassVar[bool] = True

    def measure(self, call: AttentionCall) -> Tensor:
        """See ``Observation.measure``."""
        if call.bias is not None:
            raise PolicyError(
                "This model's attention has a bias by position, which the attention of future queries would leave out. "
                "Use a policy that does not model them, e.g. snapkv or knorm."
            )
        counted = call.positions >= self.skip
        if not counted.any():
            counted = torch.ones_like(counted)
        cos, sin = call.rotary(call.positions[counted])
        length = cos.square() + sin.square()
        queries = call.queries[:, :, counted] * call.scaling
        plain = rotate(queries, cos / length, -sin / length, call.rotary.order)
        mean = plain.mean(dim=2)
        centred = plain - mean[:, :, None]
        covariance = centred.transpose(-1, -2) @ centred / plain.shape[2]
        turn = self._mean_rotation(call, mean.shape[-1])
        return torch.cat([(mean @ turn.T)[..., None], turn @ covariance @ turn.T], dim=-1)

    def advance(self, state: Tensor, call: AttentionCall) -> Tensor:
        """Return the moments of the prefill unchanged."""
        return state

    def _mean_rotation(self, call: AttentionCall, size: int) -> Tensor:
        """Return the (D, D) mean rotation over the next positions."""
        longest = int(call.positions[-1])
        upcoming = torch.arange(longest + 1, longest + 1 + self.future, device=call.positions.device)
        cos, sin = (table.mean(dim=0, keepdim=True) for table in call.rotary.beyond(upcoming, longest))
        return rotate(torch.eye(size, device=cos.device), cos, sin, call.rotary.order).T


@dataclass(frozen=True)
class LogitBounds(Observation):
    """The softcap and the sink of each query head, (H, G, 2); infinite and minus infinite where there is none."""

    per_key: ClassVar[bool] = False

    def measure(self, call: AttentionCall) -> Tensor:
        """See ``Observation.measure``."""
        bounds = call.keys.new_empty(*call.queries.shape[:2], 2)
        bounds[..., 0] = torch.inf if call.softcap is None else call.softcap
        bounds[..., 1] = -torch.inf if call.sinks is None else call.sinks
        return bounds

    def advance(self, state: Tensor, call: AttentionCall) -> Tensor:
        """Return them unchanged."""
        return state


def rotate(vectors: Tensor, cos: Tensor, sin: Tensor, order: Tensor | None = None) -> Tensor:
    """Return ``vectors`` (..., N, D) with R dimensions rotated by tables (N, R).

    Args:
        vectors: the vectors.
        cos: cosines; the second half of the columns repeats the first.
        sin: sines, likewise.
        order: (D,) int64, the dimensions, of which the first R turn and pair by halves; None for their own order.
    """
    if order is not None:
        order = order.to(vectors.device)
        return rotate(vectors[..., order], cos, sin)[..., order.argsort()]
    size = cos.shape[-1]
    turned, rest = vectors[..., :size], vectors[..., size:]
    low, high = turned.chunk(2, dim=-1)
    return torch.cat([turned * cos + torch.cat([-high, low], dim=-1) * sin, rest], dim=-1)
