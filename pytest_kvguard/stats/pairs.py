"""Counts of checks that ran on both arms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Pairs"]


@dataclass(frozen=True)
class Pairs:
    """A fourfold table of paired checks.

    Attributes:
        both: number of checks that hold on both arms.
        lost: number that hold uncompressed and fail compressed.
        gained: number that fail uncompressed and hold compressed.
        neither: number that fail on both arms.
    """

    both: int = 0
    lost: int = 0
    gained: int = 0
    neither: int = 0

    @classmethod
    def count(cls, held: Iterable[tuple[bool, bool]]) -> Pairs:
        """Return the table of pairs (holds uncompressed, holds compressed)."""
        pairs = list(held)
        return cls(*(pairs.count(kind) for kind in ((True, True), (True, False), (False, True), (False, False))))

    @classmethod
    def total(cls, tables: Iterable[Pairs]) -> Pairs:
        """Return the sum of tables."""
        cells = [(table.both, table.lost, table.gained, table.neither) for table in tables]
        return cls(*map(sum, zip(*cells, strict=True)))

    @property
    def checks(self) -> int:
        """Number of checks that ran on both arms."""
        return self.both + self.lost + self.gained + self.neither

    @property
    def uncompressed(self) -> int:
        """Number of checks that hold uncompressed."""
        return self.both + self.lost

    @property
    def compressed(self) -> int:
        """Number of checks that hold compressed."""
        return self.both + self.gained

    @property
    def drop(self) -> float | None:
        """Adherence uncompressed minus compressed, -1..1; None without checks."""
        return (self.lost - self.gained) / self.checks if self.checks else None
