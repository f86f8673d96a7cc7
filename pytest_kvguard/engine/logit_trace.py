"""The highest logits of every generated token, recorded for goldens."""

from __future__ import annotations

import numpy
import torch
from torch import Tensor

from pytest_kvguard.values.traces import TopLogits

__all__ = ["LogitTrace"]


class LogitTrace:
    """One reply's highest logits, token by token.

    Args:
        most: K, the number of logits to record per token.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._seen = torch.empty(0)
        self._ids: list[Tensor] = []
        self._values: list[Tensor] = []
        self._log_sums: list[float] = []

    def see(self, logits: Tensor) -> None:
        """Remember the logits (V,) of a token that may be generated."""
        self._seen = logits

    def commit(self) -> None:
        """Record the logits that were seen last, because their token was generated."""
        logits = self._seen.float()
        top = logits.topk(min(self.most, len(logits)))
        self._ids.append(top.indices.int().cpu())
        self._values.append(top.values.cpu())
        self._log_sums.append(float(logits.logsumexp(-1)))

    def result(self) -> TopLogits:
        """Return the recorded logits; none if no token was generated."""
        if not self._ids:
            values = numpy.empty((0, self.most), dtype=numpy.float32)
            return TopLogits(values.astype(numpy.int32), values, numpy.empty(0, dtype=numpy.float32))
        ids, values = (torch.stack(tensors).numpy() for tensors in (self._ids, self._values))
        return TopLogits(ids, values, numpy.array(self._log_sums, dtype=numpy.float32))
