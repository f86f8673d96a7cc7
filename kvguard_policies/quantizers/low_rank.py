"""The best approximation of rows by a few directions."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["LowRank", "approximate"]


@dataclass(frozen=True)
class LowRank:
    """Rows as weights of a few directions, head by head.

    Attributes:
        weights: (H, m, r).
        directions: (H, D, r).
    """

    weights: Tensor
    directions: Tensor

    @property
    def nbytes(self) -> int:
        """Bytes of weights and directions."""
        return self.weights.nbytes + self.directions.nbytes

    def rows(self) -> Tensor:
        """Return (H, m, D) float32."""
        return self.weights.float() @ self.directions.float().transpose(1, 2)


def approximate(rows: Tensor, rank: int, dtype: torch.dtype) -> LowRank:
    """Return the closest matrices of a rank, in the least squares, one per head.

    Args:
        rows: (H, m, D) float32.
        rank: r >= 0.
        dtype: of what is held.
    """
    # The directions are the leading eigenvectors of a D x D matrix, however many rows there are.
    gram = rows.double().transpose(1, 2) @ rows.double()
    directions = torch.linalg.eigh(gram).eigenvectors[..., gram.shape[-1] - rank :]
    return LowRank((rows.double() @ directions).to(dtype), directions.to(dtype))
