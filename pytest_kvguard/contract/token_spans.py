"""Assignment of tokens to character intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Interval", "assign_tokens", "runs"]

Interval = tuple[int, int]


def assign_tokens(offsets: Sequence[Interval], intervals: Mapping[str, Interval]) -> tuple[str | None, ...]:
    """Return the interval that holds most of each token's characters.

    Args:
        offsets: half-open character interval of every token.
        intervals: name → half-open character interval; disjoint.

    Returns:
        One name per token, None for a token that touches no interval; of equal shares the first named wins.
    """
    return tuple(_owner(offset, intervals) for offset in offsets)


def _owner(offset: Interval, intervals: Mapping[str, Interval]) -> str | None:
    shares = {name: _shared(offset, interval) for name, interval in intervals.items()}
    best = max(shares, key=lambda name: shares[name], default=None)
    return best if best is not None and shares[best] > 0 else None


def _shared(one: Interval, other: Interval) -> int:
    return min(one[1], other[1]) - max(one[0], other[0])


def runs(members: Iterable[bool]) -> tuple[Interval, ...]:
    """Return the half-open intervals of the positions that are True."""
    intervals: list[Interval] = []
    for position, member in enumerate(members):
        if not member:
            continue
        if intervals and intervals[-1][1] == position:
            intervals[-1] = (intervals[-1][0], position + 1)
        else:
            intervals.append((position, position + 1))
    return tuple(intervals)
