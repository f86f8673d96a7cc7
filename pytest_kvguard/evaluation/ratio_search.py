"""The choice of the next ratios in a search for the largest safe one, which does not assume that safety is monotone."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

__all__ = ["CHECKED_BELOW", "COARSE", "RatioSearch", "default_grid"]

COARSE = 4
"""Number of ratios in the first round, spread over the grid."""

CHECKED_BELOW = 2
"""Number of neighbours below the largest safe ratio that must be safe, too."""


def default_grid(step: Fraction = Fraction(1, 20)) -> tuple[Fraction, ...]:
    """Return the multiples of ``step`` between 0 and 1."""
    return tuple(step * number for number in range(1, int(1 / step) + 1) if step * number < 1)


@dataclass
class RatioSearch:
    """The search for one policy: a coarse round, bisection, then the neighbours below the result.

    A ratio counts as safe only if no smaller ratio that was tried is unsafe: replies under harder compression may come
    out right by luck. Such safe ratios above an unsafe one are the ``islands``.

    Attributes:
        grid: the ratios that may be tried, ascending.
        known: ratio → whether it is safe, for every ratio tried so far.
    """

    grid: tuple[Fraction, ...]
    known: dict[Fraction, bool] = field(default_factory=dict)

    def learn(self, ratio: Fraction, safe: bool) -> None:
        """Record whether a ratio is safe."""
        self.known[ratio] = safe

    def next_ratios(self) -> tuple[Fraction, ...]:
        """Return the ratios of the next round; none if the search is over."""
        if not self.known:
            return self._coarse()
        safe, unsafe = self._bracket()
        if unsafe - safe > 1:
            return (self.grid[(safe + unsafe) // 2],)
        below = self.grid[max(0, safe - CHECKED_BELOW) : max(0, safe)]
        return tuple(ratio for ratio in below if ratio not in self.known)

    @property
    def largest_safe(self) -> Fraction | None:
        """The largest ratio with no unsafe ratio at or below it; None if the smallest ratio tried is unsafe."""
        safe, _ = self._bracket()
        return self.grid[safe] if safe >= 0 else None

    @property
    def smallest_unsafe(self) -> Fraction | None:
        """The smallest unsafe ratio among those tried; None without one."""
        return min((ratio for ratio, safe in self.known.items() if not safe), default=None)

    @property
    def islands(self) -> tuple[Fraction, ...]:
        """The safe ratios above an unsafe one."""
        unsafe = self.smallest_unsafe
        return tuple(sorted(r for r, safe in self.known.items() if safe and unsafe is not None and r > unsafe))

    def _coarse(self) -> tuple[Fraction, ...]:
        if len(self.grid) <= COARSE:
            return self.grid
        places = sorted({round(len(self.grid) * (number + 1) / (COARSE + 1)) - 1 for number in range(COARSE)})
        return tuple(self.grid[place] for place in places)

    def _bracket(self) -> tuple[int, int]:
        """Return the index of the largest safe ratio below the smallest unsafe one, and the index of the latter.

        Index -1 stands for ratio 0, which is safe; the index after the last stands for ratio 1, which is not.
        """
        tried = {index: self.known[ratio] for index, ratio in enumerate(self.grid) if ratio in self.known}
        unsafe = min((index for index, safe in tried.items() if not safe), default=len(self.grid))
        return max((index for index, safe in tried.items() if safe and index < unsafe), default=-1), unsafe
