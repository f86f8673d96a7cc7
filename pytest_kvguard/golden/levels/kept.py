"""Level 1, kept: the tokens that every layer and KV head kept; exact, or by overlap in another environment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy

from pytest_kvguard.golden.match import LevelOutcome, LevelResult, Match, TurnPair

__all__ = ["NAME", "compare_level"]

NAME = "kept"


def compare_level(match: Match) -> LevelResult:
    """Compare the kept entries of every turn."""
    pairs = [pair for pair in match.pairs if pair.recorded.kept is not None or pair.now.kept is not None]
    if not pairs:
        return LevelResult(NAME, LevelOutcome.ABSENT, detail="nothing was compressed")
    moved: LevelResult | None = None
    for pair in pairs:
        result = _compare_turn(pair, match)
        if result.outcome is LevelOutcome.DIFFERS:
            return result
        moved = moved or (result if result.outcome is LevelOutcome.MOVED else None)
    return moved or LevelResult(NAME, LevelOutcome.SAME)


def overlap_by_layer(recorded: Any, now: Any) -> Any:
    """Return (L,) float, the share of each layer's larger kept set that both kept, from (L, H, T) bool masks."""
    both = (recorded & now).sum((1, 2))
    larger = numpy.maximum(recorded.sum((1, 2)), now.sum((1, 2)))
    return both / numpy.maximum(larger, 1)


def _compare_turn(pair: TurnPair, match: Match) -> LevelResult:
    if pair.recorded.kept is None or pair.now.kept is None:
        side = "was recorded without kept entries" if pair.recorded.kept is None else "no longer reports kept entries"
        return LevelResult(NAME, LevelOutcome.DIFFERS, pair.name, f"this turn {side}")
    old, new = _of_one_length(pair.recorded.kept, pair.now.kept)
    if old.shape != new.shape:
        shapes = " against ".join(f"{mask.shape[0]} layers of {mask.shape[1]} KV heads" for mask in (old, new))
        return LevelResult(NAME, LevelOutcome.DIFFERS, pair.name, shapes)
    if (old == new).all():
        return LevelResult(NAME, LevelOutcome.SAME)
    overlap = overlap_by_layer(old, new)
    allowed = match.tolerance.overlap if match.excused else 1.0
    layer_allowed = match.tolerance.layer_overlap if match.excused else 1.0
    fits = overlap.mean() >= allowed and overlap.min() >= layer_allowed
    layer, head, token = (int(axis[0]) for axis in numpy.nonzero(old != new))
    where = f"{pair.name}, layer {layer}, KV head {head}, {pair.now.token_name(token)}"
    return LevelResult(
        NAME, LevelOutcome.MOVED if fits else LevelOutcome.DIFFERS, where, "; ".join(_details(old, new, match))
    )


def _details(old: Any, new: Any, match: Match) -> Iterator[str]:
    layer, head, token = (int(axis[0]) for axis in numpy.nonzero(old != new))
    was, is_now = ("kept" if mask[layer, head, token] else "evicted" for mask in (old, new))
    yield f"recorded as {was}, now {is_now}"
    overlap = overlap_by_layer(old, new)
    heads = (old != new).any(2)
    worst = int(overlap.argmin())
    yield f"{int(heads.sum())} of {heads.size} heads differ"
    allowed = "exactly the recorded entries are allowed"
    if match.excused:
        tolerance = match.tolerance
        allowed = f"allowed from {tolerance.overlap:.1%} and {tolerance.layer_overlap:.1%} in this other environment"
    yield f"overlap {_percent(overlap.mean())}, least in layer {worst}: {_percent(overlap[worst])} ({allowed})"


def _percent(share: float) -> str:
    """Return a share in percent, as 100 % only if it is 1."""
    return f"{min(share, 0.9999) if share < 1 else share:.2%}"


def _of_one_length(old: Any, new: Any) -> tuple[Any, Any]:
    """Return both masks, padded to the number of tokens of the longer one."""
    tokens = max(old.shape[2], new.shape[2])
    padded = (numpy.pad(mask, ((0, 0), (0, 0), (0, tokens - mask.shape[2]))) for mask in (old, new))
    return next(padded), next(padded)
