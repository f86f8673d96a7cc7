"""The few largest and smallest numbers of each line, kept as they are beside what is rounded."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Outliers", "split_outliers"]


@dataclass(frozen=True)
class Outliers:
    """Exact numbers and where they stand.

    Attributes:
        values: (H, k, D) where lines run along tokens, (H, m, k) along channels; the rows' dtype.
        index: the same shape, int16 or int32, place in the line.
        axis: 1 along the tokens of a channel, 2 along the channels of a token.
    """

    values: Tensor
    index: Tensor
    axis: int

    @property
    def nbytes(self) -> int:
        """Bytes of numbers and places."""
        return self.values.nbytes + self.index.nbytes

    def put_back(self, rows: Tensor) -> Tensor:
        """Return rows (H, m, D) with the exact numbers in their places."""
        return rows.scatter(self.axis, self.index.long(), self.values.to(rows.dtype))


def split_outliers(rows: Tensor, share: float, axis: int) -> tuple[Outliers, Tensor]:
    """Take the numbers at both ends of every line out.

    Args:
        rows: (H, m, D).
        share: of a line's numbers, 0..1, half of it at each end, rounded; one number or more always stays.
        axis: 1 or 2, see ``Outliers``.

    Returns:
        The outliers, and the rows with each of them moved to the nearest number that is none.
    """
    length = rows.shape[axis]
    each = min(round(share * length / 2), (length - 1) // 2)
    order = rows.sort(dim=axis).indices
    ends = torch.cat([order.narrow(axis, 0, each), order.narrow(axis, length - each, each)], dim=axis)
    places = ends.to(torch.int16 if length <= torch.iinfo(torch.int16).max else torch.int32)
    outliers = Outliers(rows.gather(axis, ends), places, axis)
    lowest = rows.gather(axis, order.narrow(axis, each, 1))
    highest = rows.gather(axis, order.narrow(axis, length - each - 1, 1))
    return outliers, rows.clamp(lowest, highest)
