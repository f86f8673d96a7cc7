"""Notes the highest logits of every generated token, for goldens."""

from __future__ import annotations

import numpy
import torch
from torch import Tensor

from pytest_kvguard.values.traces import TopLogits

__all__ = ["LogitTrace"]


class LogitTrace:
    """One reply's highest logits, token by token.

    Args:
        most: K, how many logits to note per token.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._seen = torch.empty(0)
        self._ids: list[Tensor] = []
        self._values: list[Tensor] = []
        self._log_sums: list[float] = []

    def see(self, logits: Tensor) -> None:
        """Look at the logits (V,) of a token that may be generated."""
        self._seen = logits

    def commit(self) -> None:
        """Note what was seen last: its token was generated."""
        logits = self._seen.float()
        top = logits.topk(min(self.most, len(logits)))
        self._ids.append(top.indices.int().cpu())
        self._values.append(top.values.cpu())
        self._log_sums.append(float(logits.logsumexp(-1)))

    def result(self) -> TopLogits:
        """Return what was noted."""
        ids, values = (torch.stack(rows).numpy() for rows in (self._ids, self._values))
        return TopLogits(ids, values, numpy.array(self._log_sums, dtype=numpy.float32))
