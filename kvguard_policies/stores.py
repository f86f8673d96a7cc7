"""What a quantizer holds of one context in one layer, and the window of exact rows in front of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["PackedRows", "QuantizationLoss", "Store", "Stretch", "WindowedStore"]

Stretch = tuple[int, Tensor]
"""Index of the first row, and (H, m, D) rows from there on."""


@dataclass(frozen=True)
class QuantizationLoss:
    """How far the packed rows of a cache are from the exact ones.

    Attributes:
        keys, values: L2 norm of the error over that of the exact rows, all layers together; None where none is packed.
        packed_keys, packed_values: share of the entries that are packed, 0..1.
    """

    keys: float | None
    values: float | None
    packed_keys: float
    packed_values: float

    def __str__(self) -> str:
        """Say it in one line of a report."""
        return f"keys {_said(self.keys, self.packed_keys)}, values {_said(self.values, self.packed_values)}"


def _said(error: float | None, packed: float) -> str:
    return "all exact" if error is None else f"{packed:.0%} packed with {error:.2%} error"


class PackedRows(ABC):
    """Keys or values of some rows, packed; never changed once made."""

    @property
    @abstractmethod
    def nbytes(self) -> int:
        """Bytes really held."""

    @abstractmethod
    def unpack(self) -> Tensor:
        """Return the rows as attention reads them, (H, m, D) in the model's dtype."""


class Store(ABC):
    """The rows of one context in one layer, some packed, the newest perhaps exact; grows while generating."""

    @property
    @abstractmethod
    def nbytes(self) -> int:
        """Bytes really held, exact rows included."""

    @property
    @abstractmethod
    def exact_rows(self) -> tuple[int, int]:
        """How many of the newest keys and of the newest values are held as they came."""

    @abstractmethod
    def read(self) -> tuple[Tensor, Tensor]:
        """Return all keys and values as attention reads them, (H, S, D) each."""

    @abstractmethod
    def append(self, keys: Tensor, values: Tensor) -> tuple[Stretch, Stretch]:
        """Take new rows, (H, m, D) each.

        Returns:
            The keys and the values that attention reads differently from now on; new rows it reads as they came,
            unless they are among them.
        """

    @abstractmethod
    def copy(self) -> Store:
        """Return a store that grows on its own."""


class WindowedStore(Store):
    """Packs rows, oldest first, once they leave a window of exact ones.

    Args:
        keys, values: (H, S, D).
        pack_keys, pack_values: pack (H, m, D) rows.
        packed_keys, packed_values: of so many rows, how many of the oldest are packed; never falls as rows are added.
    """

    def __init__(
        self,
        keys: Tensor,
        values: Tensor,
        pack_keys: Callable[[Tensor], PackedRows],
        pack_values: Callable[[Tensor], PackedRows],
        packed_keys: Callable[[int], int],
        packed_values: Callable[[int], int],
    ) -> None:
        self._keys = _Column(keys, pack_keys, packed_keys)
        self._values = _Column(values, pack_values, packed_values)

    @property
    def nbytes(self) -> int:
        """See ``Store``."""
        return self._keys.nbytes + self._values.nbytes

    @property
    def exact_rows(self) -> tuple[int, int]:
        """See ``Store``."""
        return self._keys.recent.shape[1], self._values.recent.shape[1]

    def read(self) -> tuple[Tensor, Tensor]:
        """See ``Store``."""
        return self._keys.read(), self._values.read()

    def append(self, keys: Tensor, values: Tensor) -> tuple[Stretch, Stretch]:
        """Pack what left the window before these rows came; a row is exact in the call that brings it."""
        return self._keys.append(keys), self._values.append(values)

    def copy(self) -> WindowedStore:
        """See ``Store``; what is packed is shared."""
        twin = object.__new__(WindowedStore)
        twin._keys, twin._values = self._keys.copy(), self._values.copy()
        return twin


class _Column:
    """Either the keys or the values of a windowed store."""

    def __init__(self, rows: Tensor, pack: Callable[[Tensor], PackedRows], packed_of: Callable[[int], int]) -> None:
        self.pack, self.packed_of = pack, packed_of
        self.chunks: tuple[PackedRows, ...] = ()
        self.packed = 0
        self.recent = rows
        self.settle()

    @property
    def nbytes(self) -> int:
        return sum(chunk.nbytes for chunk in self.chunks) + self.recent.nbytes

    def settle(self) -> Stretch:
        """Pack what left the window; return it as it is read from now on."""
        first = self.packed
        leaving = self.packed_of(first + self.recent.shape[1]) - first
        if leaving <= 0:
            return first, self.recent[:, :0]
        chunk = self.pack(self.recent[:, :leaving])
        self.chunks += (chunk,)
        self.packed += leaving
        self.recent = self.recent[:, leaving:].clone()  # a view would hold on to what it was cut from
        return first, chunk.unpack()

    def append(self, rows: Tensor) -> Stretch:
        changed = self.settle()
        self.recent = torch.cat([self.recent, rows], dim=1)
        return changed

    def read(self) -> Tensor:
        return torch.cat([*(chunk.unpack() for chunk in self.chunks), self.recent], dim=1)

    def copy(self) -> _Column:
        twin = object.__new__(_Column)
        twin.__dict__.update(self.__dict__)
        return twin
