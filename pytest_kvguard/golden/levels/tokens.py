"""Level 5, tokens: the ids of every reply up to the first that differs; exact except for excused near ties."""

from __future__ import annotations

from pytest_kvguard.golden.levels.logits import tolerance_of
from pytest_kvguard.golden.match import LevelOutcome, LevelResult, Match, TurnPair

__all__ = ["NAME", "compare_level"]

NAME = "tokens"


def compare_level(match: Match) -> LevelResult:
    """Compare the reply of every turn."""
    if not match.pairs:
        return LevelResult(NAME, LevelOutcome.ABSENT, detail="no turn can be compared")
    moved: LevelResult | None = None
    for pair in match.pairs:
        if pair.same_reply:
            continue
        where = f"{pair.name}, reply token {pair.same_tokens}"
        margin = _margin(pair)
        if match.excused and margin is not None and margin <= tolerance_of(pair, match).margin:
            moved = moved or LevelResult(
                NAME, LevelOutcome.MOVED, where, f"a near tie went the other way: the logits were {margin:.2g} apart"
            )
            continue
        return LevelResult(NAME, LevelOutcome.DIFFERS, where, _detail(pair, margin))
    return moved or LevelResult(NAME, LevelOutcome.SAME)


def _ids(pair: TurnPair) -> tuple[int | None, int | None]:
    """Return the recorded and the present id of the first token that differs; None where a reply had ended."""
    sides = pair.recorded.token_ids, pair.now.token_ids
    old, new = (ids[pair.same_tokens] if pair.same_tokens < len(ids) else None for ids in sides)
    return old, new


def _margin(pair: TurnPair) -> float | None:
    """Return the difference between the recorded logits of both tokens; None if they were not recorded."""
    logits, token = pair.recorded.logits, pair.same_tokens
    if logits is None or token >= len(logits.ids):
        return None
    values = dict(zip(logits.ids[token].tolist(), logits.values[token].tolist(), strict=True))
    old, new = _ids(pair)
    return values[old] - values[new] if old in values and new in values else None


def _detail(pair: TurnPair, margin: float | None) -> str:
    old, new = ("the end" if token is None else f"id {token}" for token in _ids(pair))
    apart = "" if margin is None else f"; the recorded logits were {margin:.2g} apart"
    return f"recorded {old}, now {new}{apart}"
