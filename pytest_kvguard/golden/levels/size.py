"""Level 2, size: entries and bytes of the cache, exact; recorded bytes are converted to the width of today's dtype."""

from __future__ import annotations

from fractions import Fraction

from pytest_kvguard.golden.match import LevelOutcome, LevelResult, Match, TurnPair

__all__ = ["NAME", "compare_level", "width_change"]

NAME = "size"
WIDTHS = {"float32": 4, "float16": 2, "bfloat16": 2}


def compare_level(match: Match) -> LevelResult:
    """Compare the cache size of every turn."""
    pairs = [pair for pair in match.pairs if pair.recorded.entries is not None]
    if not pairs:
        return LevelResult(NAME, LevelOutcome.ABSENT, detail="no cache was measured")
    for pair in pairs:
        for quantity, recorded, now in _sizes(pair, width_change(match)):
            if recorded != now:
                shown = "no longer measured" if now is None else f"now {now}"
                return LevelResult(NAME, LevelOutcome.DIFFERS, pair.name, f"{recorded} {quantity} recorded, {shown}")
    return LevelResult(NAME, LevelOutcome.SAME)


def width_change(match: Match) -> Fraction:
    """Return the width of a number now, divided by the recorded width."""
    old, new = (WIDTHS.get(side.environment.get("dtype", ""), 0) for side in (match.recorded, match.now))
    return Fraction(new, old) if old and new else Fraction(1)


def _sizes(pair: TurnPair, wider: Fraction) -> tuple[tuple[str, int | None, int | None], ...]:
    recorded_bytes = pair.recorded.cache_bytes
    expected = None if recorded_bytes is None else int(recorded_bytes * wider)
    suffix = "" if wider == 1 else " (in the width of today's dtype)"
    return (
        ("entries", pair.recorded.entries, pair.now.entries),
        (f"bytes{suffix}", expected, pair.now.cache_bytes),
    )
