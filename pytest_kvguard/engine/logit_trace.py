"""The highest logits of every generated token, recorded for goldens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy
import torch
from torch import Tensor

from pytest_kvguard.values.traces import TopLogits

__all__ = ["LogitTrace", "SeenLogits", "see_logits"]


@dataclass(frozen=True)
class SeenLogits:
    """The highest logits of one token, on the device that computed them.

    Attributes:
        values: (K,) float32, descending.
        ids: (K,) int64.
        log_sum: () float32, the logarithm of the summed exponentials of all logits.
    """

    values: Tensor
    ids: Tensor
    log_sum: Tensor


def see_logits(logits: Tensor, most: int) -> list[SeenLogits]:
    """Return the ``most`` highest logits of each row of (B, V) logits."""
    logits = logits.float()
    top = logits.topk(min(most, logits.shape[-1]))
    # Row by row, because the sum of a single row may be split over threads, and so differ in its last bits.
    sums = [row.logsumexp(-1) for row in logits]
    return [SeenLogits(*seen) for seen in zip(top.values, top.indices, sums, strict=True)]


class LogitTrace:
    """One reply's highest logits, token by token; they stay on the device until the reply has ended.

    Args:
        most: K, the number of logits to record per token.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._seen: list[SeenLogits] = []

    def add(self, seen: SeenLogits) -> None:
        """Record the logits of a token that was generated."""
        self._seen.append(seen)

    def result(self) -> TopLogits:
        """Return the recorded logits; none if no token was generated."""
        if not self._seen:
            values = numpy.empty((0, self.most), dtype=numpy.float32)
            return TopLogits(values.astype(numpy.int32), values, numpy.empty(0, dtype=numpy.float32))
        ids = torch.stack([seen.ids for seen in self._seen]).int().cpu().numpy()
        values = torch.stack([seen.values for seen in self._seen]).cpu().numpy()
        return TopLogits(ids, values, torch.stack([seen.log_sum for seen in self._seen]).cpu().numpy())
