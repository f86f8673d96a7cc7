"""Which ratios to try next, to find the largest safe one in few runs, without trusting that safety ends only once."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

__all__ = ["CHECKED_BELOW", "COARSE", "RatioSearch", "default_grid"]

COARSE = 4
"""Ratios of the first round, spread over the grid."""

CHECKED_BELOW = 2
"""Neighbours under the ratio that was found which must be safe too."""


def default_grid(step: Fraction = Fraction(1, 20)) -> tuple[Fraction, ...]:
    """Return the multiples of ``step`` between 0 and 1."""
    return tuple(step * number for number in range(1, int(1 / step) + 1) if step * number < 1)


@dataclass
class RatioSearch:
    """The search for one policy: a coarse round, bisection, and a look at the neighbours below.

    A ratio counts as safe only if no smaller one that was tried is unsafe: replies to harder compression may come out
    right by luck, and nobody should ship that. Those are ``islands``.

    Attributes:
        grid: the ratios that may be tried, ascending.
        known: what is known so far; ratio → safe.
    """

    grid: tuple[Fraction, ...]
    known: dict[Fraction, bool] = field(default_factory=dict)

    def learn(self, ratio: Fraction, safe: bool) -> None:
        """Take in what became of a ratio."""
        self.known[ratio] = safe

    def next_ratios(self) -> tuple[Fraction, ...]:
        """Return the ratios to try next, together; none when the search is over."""
        if not self.known:
            return self._coarse()
        safe, unsafe = self._bracket()
        if unsafe - safe > 1:
            return (self.grid[(safe + unsafe) // 2],)
        below = self.grid[max(0, safe - CHECKED_BELOW) : max(0, safe)]
        return tuple(ratio for ratio in below if ratio not in self.known)

    @property
    def largest_safe(self) -> Fraction | None:
        """The largest ratio up to which everything that was tried is safe; None when the smallest tried is not."""
        safe, _ = self._bracket()
        return self.grid[safe] if safe >= 0 else None

    @property
    def smallest_unsafe(self) -> Fraction | None:
        """The smallest ratio that is known to be unsafe."""
        return min((ratio for ratio, safe in self.known.items() if not safe), default=None)

    @property
    def islands(self) -> tuple[Fraction, ...]:
        """Ratios that came out safe above one that did not."""
        unsafe = self.smallest_unsafe
        return tuple(sorted(r for r, safe in self.known.items() if safe and unsafe is not None and r > unsafe))

    def _coarse(self) -> tuple[Fraction, ...]:
        if len(self.grid) <= COARSE:
            return self.grid
        places = sorted({round(len(self.grid) * (number + 1) / (COARSE + 1)) - 1 for number in range(COARSE)})
        return tuple(self.grid[place] for place in places)

    def _bracket(self) -> tuple[int, int]:
        """Return the indices of the largest safe ratio under the smallest unsafe one, and of that one.

        Ratio 0, at -1, removes nothing and is safe; 1, past the grid's end, is not.
        """
        tried = {index: self.known[ratio] for index, ratio in enumerate(self.grid) if ratio in self.known}
        unsafe = min((index for index, safe in tried.items() if not safe), default=len(self.grid))
        return max((index for index, safe in tried.items() if safe and index < unsafe), default=-1), unsafe
