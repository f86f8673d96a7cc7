"""Level 3, reports: achieved ratio, error of quantized entries, keep rates, and the size before compression."""

from __future__ import annotations

from math import isclose

from pytest_kvguard.golden.levels.size import width_change
from pytest_kvguard.golden.match import LevelOutcome, LevelResult, Match, TurnPair

__all__ = ["NAME", "compare_level"]

NAME = "reports"
ROUNDING = 1e-6
"""The share by which a figure may differ in the same environment: sums over entries have no fixed order."""

EXCUSED = 0.05
"""The share by which it may differ where the environment excuses other kept entries or codes."""

SIZES = ("entries before", "bytes before")
"""The figures that no environment changes, except by the width of a number."""


def compare_level(match: Match) -> LevelResult:
    """Compare the figures that are reported of every turn's cache; those of a golden without any are not known."""
    pairs = [pair for pair in match.pairs if pair.recorded.reports]
    if not pairs:
        return LevelResult(NAME, LevelOutcome.ABSENT, detail="none were recorded")
    moved: LevelResult | None = None
    for pair in pairs:
        for name in dict.fromkeys([*pair.recorded.reports, *pair.now.reports]):
            result = _compare(pair, name, match)
            if result.outcome is LevelOutcome.DIFFERS:
                return result
            moved = moved or (result if result.outcome is LevelOutcome.MOVED else None)
    return moved or LevelResult(NAME, LevelOutcome.SAME)


def _compare(pair: TurnPair, name: str, match: Match) -> LevelResult:
    old, now = pair.recorded.reports.get(name), pair.now.reports.get(name)
    if old is None or now is None:
        shown = "was not recorded, and is reported now" if old is None else f"{old:.6g} recorded, no longer reported"
        return LevelResult(NAME, LevelOutcome.DIFFERS, pair.name, f"{name} {shown}")
    if name == "bytes before":
        old *= float(width_change(match))
    if old == now:
        return LevelResult(NAME, LevelOutcome.SAME)
    allowed = 0.0 if name in SIZES else EXCUSED if match.excused else ROUNDING
    # Ratios and rates may be 0, of which any share is 0.
    fits = isclose(old, now, rel_tol=allowed, abs_tol=allowed)
    outcome = (LevelOutcome.MOVED if match.excused else LevelOutcome.SAME) if fits else LevelOutcome.DIFFERS
    detail = f"{name} {old:.6g} recorded, now {now:.6g} (allowed {allowed:.0%})"
    return LevelResult(NAME, outcome, pair.name, detail.replace("allowed 0%", "exactly this is allowed"))
