"""Storage of quantized entries: one store per context and layer, with a window of exact entries at its end.

A *vector* is one key or one value of one token.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["ChangedRange", "PackedVectors", "QuantizationLoss", "Store", "WindowedStore"]

ChangedRange = tuple[int, Tensor]
"""The index of the first changed token, and the vectors (H, m, D) that attention reads from there on."""


@dataclass(frozen=True)
class QuantizationLoss:
    """The quantization error of a cache, over its packed vectors.

    Attributes:
        keys, values: L2 norm of the error over that of the exact vectors, all layers together; None if none is packed.
        packed_keys, packed_values: share of the vectors that are packed, 0..1.
    """

    keys: float | None
    values: float | None
    packed_keys: float
    packed_values: float

    def __str__(self) -> str:
        """Return the errors and shares as one line for reports."""
        return f"keys {_describe(self.keys, self.packed_keys)}, values {_describe(self.values, self.packed_values)}"


def _describe(error: float | None, packed: float) -> str:
    return "all exact" if error is None else f"{packed:.0%} packed with {error:.2%} error"


class PackedVectors(ABC):
    """The packed keys, or the packed values, of several tokens; immutable."""

    @property
    @abstractmethod
    def nbytes(self) -> int:
        """Bytes held in memory."""

    @abstractmethod
    def unpack(self) -> Tensor:
        """Return the vectors as attention reads them, (H, m, D) in the model's dtype."""


class Store(ABC):
    """The entries of one context in one layer: older ones packed, the newest exact; grows while generating."""

    @property
    @abstractmethod
    def nbytes(self) -> int:
        """Bytes held in memory, exact entries included."""

    @property
    @abstractmethod
    def exact_tokens(self) -> tuple[int, int]:
        """How many of the newest tokens have an exact key, and how many have an exact value."""

    @abstractmethod
    def read(self) -> tuple[Tensor, Tensor]:
        """Return all keys and values as attention reads them, (H, S, D) each."""

    @abstractmethod
    def append(self, keys: Tensor, values: Tensor) -> tuple[ChangedRange, ChangedRange]:
        """Append the keys and values of new tokens, (H, m, D) each.

        Returns:
            The ranges of keys and of values that attention reads differently from now on. It reads new vectors outside
            of these ranges exactly.
        """

    @abstractmethod
    def copy(self) -> Store:
        """Return an independent store with the same entries."""


class WindowedStore(Store):
    """A store that packs vectors, oldest first, as they leave a window of exact ones.

    Args:
        keys, values: (H, S, D).
        pack_keys, pack_values: pack (H, m, D) vectors.
        packed_keys, packed_values: map a number of tokens to how many of the oldest are packed; non-decreasing.
    """

    def __init__(
        self,
        keys: Tensor,
        values: Tensor,
        pack_keys: Callable[[Tensor], PackedVectors],
        pack_values: Callable[[Tensor], PackedVectors],
        packed_keys: Callable[[int], int],
        packed_values: Callable[[int], int],
    ) -> None:
        self._keys = _Half(keys, pack_keys, packed_keys)
        self._values = _Half(values, pack_values, packed_values)

    @property
    def nbytes(self) -> int:
        """See ``Store``."""
        return self._keys.nbytes + self._values.nbytes

    @property
    def exact_tokens(self) -> tuple[int, int]:
        """See ``Store``."""
        return self._keys.recent.shape[1], self._values.recent.shape[1]

    def read(self) -> tuple[Tensor, Tensor]:
        """See ``Store``."""
        return self._keys.read(), self._values.read()

    def append(self, keys: Tensor, values: Tensor) -> tuple[ChangedRange, ChangedRange]:
        """Pack the vectors that left the window, then append; new vectors are exact in the call that adds them."""
        return self._keys.append(keys), self._values.append(values)

    def copy(self) -> WindowedStore:
        """See ``Store``; both stores share the packed vectors, which are immutable."""
        twin = object.__new__(WindowedStore)
        twin._keys, twin._values = self._keys.copy(), self._values.copy()
        return twin


class _Half:
    """Either the keys or the values of a windowed store."""

    def __init__(
        self, vectors: Tensor, pack: Callable[[Tensor], PackedVectors], packed_of: Callable[[int], int]
    ) -> None:
        self.pack, self.packed_of = pack, packed_of
        self.chunks: tuple[PackedVectors, ...] = ()
        self.packed = 0
        self.recent = vectors
        self.pack_older()

    @property
    def nbytes(self) -> int:
        return sum(chunk.nbytes for chunk in self.chunks) + self.recent.nbytes

    def pack_older(self) -> ChangedRange:
        """Pack the vectors that left the window, and return them as attention reads them from now on."""
        first = self.packed
        leaving = self.packed_of(first + self.recent.shape[1]) - first
        if leaving <= 0:
            return first, self.recent[:, :0]
        chunk = self.pack(self.recent[:, :leaving])
        self.chunks += (chunk,)
        self.packed += leaving
        self.recent = self.recent[:, leaving:].clone()  # a view would keep the whole tensor in memory
        return first, chunk.unpack()

    def append(self, vectors: Tensor) -> ChangedRange:
        changed = self.pack_older()
        self.recent = torch.cat([self.recent, vectors], dim=1)
        return changed

    def read(self) -> Tensor:
        return torch.cat([*(chunk.unpack() for chunk in self.chunks), self.recent], dim=1)

    def copy(self) -> _Half:
        twin = object.__new__(_Half)
        twin.__dict__.update(self.__dict__)
        return twin
