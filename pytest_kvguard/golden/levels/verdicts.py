"""Level 6, verdicts: the verdict of every check, exact."""

from __future__ import annotations

from pytest_kvguard.golden.match import LevelOutcome, LevelResult, Match

__all__ = ["NAME", "compare_level"]

NAME = "verdicts"


def compare_level(match: Match) -> LevelResult:
    """Compare the verdict of every check."""
    recorded, now = match.recorded.verdicts, match.now.verdicts
    if not recorded and not now:
        return LevelResult(NAME, LevelOutcome.ABSENT, detail="there are no checks")
    differing = [check for check in dict.fromkeys([*recorded, *now]) if recorded.get(check) != now.get(check)]
    if not differing:
        return LevelResult(NAME, LevelOutcome.SAME)
    old, new = (side.get(differing[0], "none") for side in (recorded, now))
    more = f"; {len(differing)} verdicts differ" if len(differing) > 1 else ""
    return LevelResult(NAME, LevelOutcome.DIFFERS, differing[0], f"recorded {old}, now {new}{more}")
